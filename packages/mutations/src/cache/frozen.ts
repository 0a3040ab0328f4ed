/** A value that many readers share, so that none of them can change it, and how large it is. */

/** @returns the very value, frozen at every level, and the bytes of its JSON */
export function frozen<Value>(value: Value): { readonly value: Value; readonly bytes: number } {
  const text = JSON.stringify(value) ?? '';
  freeze(value);
  return { value, bytes: Math.max(1, Buffer.byteLength(text)) };
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

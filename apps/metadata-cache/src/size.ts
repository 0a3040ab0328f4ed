/** Sizes as people type them: `500kB`, `64MB`, `1GB`, `64MiB`, or bytes. */

const units: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** @returns bytes, at least 1 */
export function parseSize(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = units[unit.toLowerCase()];
  const bytes = Number(digits) * (factor ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new Error(`"${text.slice(0, 40)}" is no size such as 500kB, 64MB or 1GB`);
}

/** `812 B`, `3.4 MB`: of 1 000 and 1 000 000 bytes. */
export function formatSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

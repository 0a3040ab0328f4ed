/** Ways to lock through a server that the bench compares. */
export const serverKinds = ['holdfast redis', 'SET NX', 'holdfast mysql', 'GET_LOCK'] as const;

export type ServerKind = (typeof serverKinds)[number];

export function isServerKind(kind: string): kind is ServerKind {
  return (serverKinds as readonly string[]).includes(kind);
}

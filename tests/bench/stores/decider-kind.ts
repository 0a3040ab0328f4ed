/** Who decides in the bench of the stores: the file backend of this kit, and its peers. */
export const deciderKinds = [
  'holdfast file',
  'bare redis',
  'holdfast redis',
  'flexible redis',
  'flexible memory',
] as const;

export type DeciderKind = (typeof deciderKinds)[number];

export function isDeciderKind(text: string): text is DeciderKind {
  return (deciderKinds as readonly string[]).includes(text);
}

/** Whether nearly every decision is allowed, which writes, or nearly every one refused, which does not. */
export type Outcome = 'allowed' | 'refused';

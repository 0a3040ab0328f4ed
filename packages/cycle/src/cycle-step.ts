/**
 * The named steps of the sentence, in order. Each name means "this is about to end": a process that dies at `written`
 * has written and not yet verified. Tests kill at every one of them.
 */
export const cycleSteps = [
  'triggered',
  'decided',
  'planned',
  'locked',
  'truth',
  'diffed',
  'intent',
  'written',
  'verified',
  'reported',
] as const;

export type CycleStep = (typeof cycleSteps)[number];

/** Every named step of a run in the order in which they come: of the cycle, with those of the dataplane in between. */
import { cycleSteps } from '@holdfast/cycle';
import type { DataplaneStep } from '@holdfast/gateway-policy';
import type { Step } from './stepped-run.ts';

/** One entry for each: a step that is new in the code has to be added here. */
const effects: Record<DataplaneStep, true> = { 'tc-add': true, nft: true, 'tc-remove': true };

export const dataplaneSteps = Object.keys(effects) as DataplaneStep[];

export const matrixSteps: readonly Step[] = cycleSteps.flatMap((step): readonly Step[] =>
  step === 'written' ? [...dataplaneSteps, step] : [step],
);

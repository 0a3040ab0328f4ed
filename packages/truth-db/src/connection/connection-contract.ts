/** What every database has to do with the connections and customers of truth. */
import { describe } from 'vitest';
import { customersHold } from '../customer/customer-contract.ts';
import type { Truth } from '../index.ts';
import { useTruth } from '../testing/use-truth.ts';
import { changesHold } from './change-contract.ts';
import { lifecycleHolds } from './lifecycle-contract.ts';
import { timeRulesHold } from './time-rules-contract.ts';

export interface ConnectionContractOptions {
  /** Random lives of the property test. */
  readonly runs: number;
}

/** @param open - an empty database */
export function connectionContract(
  name: string,
  open: () => Promise<Truth>,
  { runs }: ConnectionContractOptions,
): void {
  describe(`${name} as truth of connections`, () => {
    const truth = useTruth(open);

    describe('transitions', () => changesHold(truth));
    describe('time rules', () => timeRulesHold(truth));
    describe('customers', () => customersHold(truth));
    describe('lifecycle', () => lifecycleHolds(truth, runs));
  });
}

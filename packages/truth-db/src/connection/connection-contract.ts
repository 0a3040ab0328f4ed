/** What every database has to do with the connections and customers of truth. */
import { afterEach, beforeEach, describe } from 'vitest';
import { customersHold } from '../customer/customer-contract.ts';
import { migrate, type Truth } from '../index.ts';
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
    let truth: Truth;

    beforeEach(async () => {
      truth = await open();
      await migrate(truth);
    });

    afterEach(async () => {
      await truth.close();
    });

    describe('transitions', () => changesHold(() => truth));
    describe('time rules', () => timeRulesHold(() => truth));
    describe('customers', () => customersHold(() => truth));
    describe('lifecycle', () => lifecycleHolds(() => truth, runs));
  });
}

/** What the janitors of a machine remember, in one document of the state directory. */
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { StateReader, type StateReaderOptions } from '@holdfast/state';
import type { JanitorMemory } from '../policy/janitor-policy.ts';

export const janitorScope = 'radius:janitor';

type Schema = StateReaderOptions<JanitorMemory>['validator'];

const schema: Schema = {
  '~standard': {
    version: 1,
    vendor: 'holdfast',
    validate: (value) => {
      const { passedMs, patientUntilMs } = (value ?? {}) as Partial<Record<keyof JanitorMemory, unknown>>;
      if (Number.isSafeInteger(passedMs) && Number.isSafeInteger(patientUntilMs))
        return { value: value as JanitorMemory };
      return { issues: [{ message: 'is no memory of a janitor' }] };
    },
  },
};

export function janitorMemoryPath(stateDirectory: string): string {
  return join(stateDirectory, 'radius-janitor.json');
}

/** Written at every pass and worth no flush: what a power cut takes is a pass that is not remembered. */
export function createJanitorReader(): StateReader<JanitorMemory> {
  const writer = new AtomicWriter({ durability: 'none' });
  return new StateReader({ validator: schema, writer, scope: janitorScope });
}

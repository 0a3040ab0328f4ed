/** A dataplane under contract, and the one way in which the contract writes a whole state. */
import { fakeHeld } from '@holdfast/base/fake-held';
import type { Dataplane } from './dataplane.ts';
import { diffState } from './diff-state.ts';
import type { PolicyState } from './policy-state.ts';

/** Of what writes: slow, refuses everything, or writes and then says that it failed. */
export type Fault = 'slow' | 'refusing' | 'lying';

export interface OpenedDataplane extends AsyncDisposable {
  readonly dataplane: Dataplane;
  /** Another dataplane of the same gateway, whose writes go wrong. */
  readonly faulty: (fault: Fault) => Dataplane;
}

export async function writeAll(dataplane: Dataplane, desired: PolicyState): Promise<void> {
  await dataplane.write(diffState(desired, await dataplane.read()), fakeHeld());
}

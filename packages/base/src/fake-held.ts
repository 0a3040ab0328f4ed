/**
 * A hold for tests of code that asks for one: it grants every publish until `loss` is set, and counts them. It guards
 * nothing; production code gets its holds from a LockRunner.
 */
import type { Held } from './held.ts';
import type { HoldfastError } from './holdfast-error.ts';

export interface FakeHeld extends Held {
  /** Set it, and every later publish is refused with it. */
  loss: HoldfastError | undefined;
  /** How many steps were published. */
  publishes: number;
}

export function fakeHeld(overrides: Partial<Held> = {}): FakeHeld {
  const held: FakeHeld = {
    scope: 'test',
    mode: 'exclusive',
    backend: 'fake',
    guarantee: { scope: 'process', crashRelease: 'immediate', canBeLost: true, fenced: true, fair: true },
    waitedMs: 0,
    budgetMs: 0,
    signal: new AbortController().signal,
    isReleased: false,
    loss: undefined,
    publishes: 0,
    fence: async () => 1,
    contended: () => false,
    publish: (step) => {
      if (held.loss !== undefined) throw held.loss;
      held.publishes += 1;
      return step();
    },
    release: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    ...overrides,
  };
  return held;
}

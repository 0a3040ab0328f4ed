/**
 * What the current chain of calls holds and waits for. Two mistakes would make it wait for ever, and are errors instead
 * that name the places: locking a scope that the chain holds already, and waiting for a chain that waits for us.
 *
 * Holds are known from `run()`, whose work inherits them through every await. Only this process is seen: two processes
 * that lock the same scopes in opposite orders wait until a limit ends it.
 *
 * A place is told by the stack of the call that goes wrong: it runs inside the work that holds the lock, and V8 follows
 * awaits back through that work to whoever awaits `run()`. Taking a stack at every lock instead would cost as much there as
 * locking does. JavaScriptCore takes one in no time, and forgets callers whose last word is a call: there it is taken.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Held, HoldfastError } from '@holdfast/base';

export interface HeldHere {
  readonly key: string;
  readonly hold: Pick<Held, 'scope' | 'isReleased'>;
  /** Carries the stack of the place that locked, where that is cheap; formatted only when somebody asks. */
  readonly place: Error | undefined;
  readonly outer: HeldHere | undefined;
}

/** One wait that goes on now. */
interface WaitHere {
  readonly key: string;
  readonly scope: string;
  /** Carries the stack of the place that waits; formatted only when somebody asks. */
  readonly place: Error;
  /** What the waiting chain holds meanwhile. */
  readonly holds: HeldHere;
}

const stateKey = Symbol.for('holdfast.lock-runner.call-chain');
interface State {
  readonly chain: AsyncLocalStorage<HeldHere>;
  readonly waits: Set<WaitHere>;
}
const shared = globalThis as { [stateKey]?: State };
shared[stateKey] ??= { chain: new AsyncLocalStorage<HeldHere>(), waits: new Set() };
const { chain, waits } = shared[stateKey];

const isStackCheap = process.versions.bun !== undefined;

/** @throws HoldfastError LOCK_REENTRANT */
export function refuseReentry(key: string, scope: string): void {
  const held = findHold(chain.getStore(), key);
  if (held === undefined) return;
  throw new HoldfastError('LOCK_REENTRANT', `${scope} is already held by this chain of calls`, {
    details: { scope, lockedAt: linesOf(held.place ?? longStack()) },
  });
}

/** To be called before the first await: after it the caller is no longer on the stack. */
export function placeOfCaller(): Error | undefined {
  return isStackCheap ? new Error('locked here') : undefined;
}

/** Runs `work` as holder of `key`. */
export function asHolder<Hold extends HeldHere['hold'], Result>(
  { key, hold, place }: { readonly key: string; readonly hold: Hold; readonly place: Error | undefined },
  work: (hold: Hold) => Result,
): Result {
  return chain.run({ key, hold, place, outer: chain.getStore() }, work, hold);
}

/**
 * Notes that this chain begins to wait for `key`. A chain that holds nothing can close no circle and is not noted.
 *
 * @returns what ends the note
 * @throws HoldfastError LOCK_CYCLE - whoever holds `key` waits, directly or through others, for what this chain holds
 */
export function noteWait(key: string, scope: string): () => void {
  const holds = chain.getStore();
  if (holds === undefined) return () => undefined;
  const circle = findCircle(key, holds, new Set());
  if (circle !== undefined) throw circular(scope, holds, circle);
  const wait = { key, scope, holds, place: longStack() };
  waits.add(wait);
  return () => waits.delete(wait);
}

/** The waits that lead from `key` back to `mine`, nearest first. */
function findCircle(key: string, mine: HeldHere, seen: Set<WaitHere>): readonly WaitHere[] | undefined {
  for (const wait of waits) {
    if (seen.has(wait) || findHold(wait.holds, key) === undefined) continue;
    seen.add(wait);
    if (findHold(mine, wait.key) !== undefined) return [wait];
    const rest = findCircle(wait.key, mine, seen);
    if (rest !== undefined) return [wait, ...rest];
  }
  return undefined;
}

function circular(scope: string, holds: HeldHere, circle: readonly WaitHere[]): HoldfastError {
  const names = circle.map((wait) => wait.scope);
  return new HoldfastError(
    'LOCK_CYCLE',
    `waiting for ${scope} would never end: its holder waits for ${names.join(', whose holder waits for ')}`,
    {
      details: {
        scope,
        holds: holds.hold.scope,
        lockedAt: linesOf(holds.place ?? longStack()),
        circle: circle.map((wait) => ({ waitsFor: wait.scope, waitsAt: linesOf(wait.place) })),
      },
    },
  );
}

/** Work that outlives its run() inherits the chain: a hold that was given back counts no more. */
function findHold(innermost: HeldHere | undefined, key: string): HeldHere | undefined {
  for (let held = innermost; held !== undefined; held = held.outer) {
    if (held.key === key && !held.hold.isReleased) return held;
  }
  return undefined;
}

/** The stack from here to the outermost caller that is known: the default of ten frames ends before the place that locked. */
function longStack(): Error {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const error = new Error('here');
  Error.stackTraceLimit = before;
  return error;
}

function linesOf(error: Error): readonly string[] {
  return (error.stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

/** Ports for tests that count the calls of a run and let one fail, or all from one on. */
import { nodeResetPort, type ResetPort } from '../reset-port.ts';

export interface FailingPort {
  readonly fs: ResetPort;
  /** Name of the call that failed first; undefined when the run never came so far. */
  failed: string | undefined;
  /** Descriptors that are open. */
  open: number;
}

/** @returns what the n-th call throws, undefined to let it through */
export type Fault = (call: number) => unknown;

/** The n-th call fails with `errno`; a close that fails closes all the same, as close(2) does. */
export function oneFault(failAt: number, errno: string): Fault {
  return (call) =>
    call === failAt ? Object.assign(new Error(`${errno}: injected`), { code: errno }) : undefined;
}

/** From the n-th call on nothing happens any more: what a crash looks like from the disk. */
export function crashAt(failAt: number): Fault {
  return (call) => (call >= failAt ? new Error('crashed') : undefined);
}

export function failingPort(fault: Fault, base: ResetPort = nodeResetPort): FailingPort {
  const port: FailingPort = { fs: base, failed: undefined, open: 0 };
  let calls = 0;
  const perform = (name: string, call: () => unknown) => {
    calls += 1;
    const failure = fault(calls);
    if (name === 'close') port.open -= 1;
    if (failure === undefined) {
      const result = call();
      if (opens.has(name)) port.open += 1;
      return result;
    }
    port.failed ??= name;
    if (name === 'close') call();
    throw failure;
  };
  const members = Object.entries(base).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    return [name, (...given: unknown[]) => perform(name, () => Reflect.apply(member, undefined, given))];
  });
  return Object.assign(port, { fs: Object.fromEntries(members) as ResetPort });
}

const opens = new Set(['create', 'open', 'openDirectory', 'openFile']);

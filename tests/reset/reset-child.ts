/**
 * One process of the reset tests. `reset-child.ts ROOT LOCKS MODE …` takes the lock of the scope and prints one line of
 * JSON: `{ result }` or `{ code, details }`.
 *
 *   reset                resets the three files of the tests
 *   kill N               the same, and dies by SIGKILL right after its N-th effect
 *   undo ID              undoes a reset
 *   kill-undo ID N       the same, and dies
 *   resume, kill-resume N
 *   execute PLAN         carries out a plan that is kept in a file, as soon as it has the lock
 *   replace SIZE         replaces a file by SIZE bytes
 *   remove PATH PATH     removes two files
 */
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { type Held, isHoldfastError } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { nodeResetPort, ResetExecutor, type ResetPort, type ResetRequest } from '@holdfast/reset-executor';
import { resetRequest, resetScope } from './reset-request.ts';

const [directory = '', locks = '', mode = '', first = '', second = ''] = process.argv.slice(2);
const runner = new LockRunner({ directory: locks, backend: 'flock' });

/** What changes the disk; looking at it is no step at which a kill could matter. */
const effects = [
  'create',
  'write',
  'writeLater',
  'setMode',
  'flush',
  'flushLater',
  'rename',
  'unlink',
  'link',
  'makeDirectory',
  'removeDirectory',
];

const modes: Readonly<Record<string, (held: Held) => Promise<unknown>>> = {
  reset: (held) => executor().reset(resetRequest, held),
  kill: (held) => executor(first).reset(resetRequest, held),
  undo: (held) => executor().undo(first, held),
  'kill-undo': (held) => executor(second).undo(first, held),
  resume: (held) => executor().resume(held),
  'kill-resume': (held) => executor(first).resume(held),
  execute: (held) => executor().execute(JSON.parse(readFileSync(first, 'utf8')), held),
  remove: (held) => executor().reset(removal(first, second), held),
  replace: (held) => executor().reset(replacement(Number(first)), held),
};

flushCompileCache(); // whoever is killed writes none
await report(async () => {
  const act = modes[mode];
  if (act === undefined) throw new Error(`no mode ${mode}`);
  return await runner.run(resetScope, {}, act);
});

function executor(killAfter?: string): ResetExecutor {
  if (killAfter === undefined) return new ResetExecutor({ directory });
  return new ResetExecutor({ directory, fs: killingPort(Number(killAfter)) });
}

function replacement(sizeBytes: number): ResetRequest {
  const actions = [{ kind: 'replace', path: 'replaced', content: 'x'.repeat(sizeBytes) }] as const;
  return { ...resetRequest, actions };
}

function removal(...paths: readonly string[]): ResetRequest {
  const actions = paths.map((path) => ({ kind: 'remove', path, isDocument: false }) as const);
  return { ...resetRequest, actions };
}

/** Dies right after the n-th effect; what an asynchronous call has done by then is up to the kernel. */
function killingPort(killAfter: number): ResetPort {
  let calls = 0;
  const members = Object.entries(nodeResetPort).map(([name, member]) => {
    if (typeof member !== 'function' || !effects.includes(name)) return [name, member];
    const call = (...parameters: unknown[]) => {
      const result = Reflect.apply(member, undefined, parameters);
      calls += 1;
      if (calls === killAfter) die();
      return result;
    };
    return [name, call];
  });
  return Object.fromEntries(members);
}

/** Keeps the thread until the signal has come, so that nothing further happens. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

async function report(act: () => Promise<unknown>): Promise<void> {
  try {
    print({ result: await act() });
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    print({ code: error.code, details: error.details, message: error.message });
  }
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

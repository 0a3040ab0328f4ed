/**
 * A process that runs what it is told to, one run after the other, and stops at the step that is named until it may go on:
 *
 *   actor.ts STATE_DIR DATABASE NETNS|-
 *
 * Reads one JSON document per line: `{"run": …}`, `{"loop": …}` or `{"go": true}`. Writes `{"at": STEP}`, `{"ran": …}` and
 * `{"ready": true}`. Ends with its input.
 */
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { PolicyMemory } from '@holdfast/gateway-policy/command';
import type { ActorAnswer, ActorOrder } from './actor-process.ts';
import { openMatrixContext } from './matrix-world.ts';
import { steppedRun } from './stepped-run.ts';

const [stateDir = '', database = '', netns = '-'] = process.argv.slice(2);
const { context } = await openMatrixContext({
  stateDir,
  database,
  netns: netns === '-' ? undefined : netns,
});
const memory = new PolicyMemory();
let gate = Promise.withResolvers<void>();
let isOver = false;

const say = (answer: ActorAnswer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

async function runOnce({ asked, waitMs, stopAt }: NonNullable<ActorOrder['run']>): Promise<void> {
  gate = Promise.withResolvers();
  let hasStopped = false;
  const ran = await steppedRun({
    context,
    memory,
    asked,
    waitMs,
    holder: `${asked.reason} of ${process.pid}`,
    onStep: async (step) => {
      if (step !== stopAt || hasStopped) return;
      hasStopped = true;
      say({ at: step });
      await gate.promise;
    },
  });
  say({ ran });
}

say({ ready: true });
flushCompileCache(); // whoever is killed writes none
let running = Promise.resolve();
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as ActorOrder;
  if (order.go === true) gate.resolve();
  const { run, loop } = order;
  if (run !== undefined) running = running.then(() => runOnce(run));
  if (order.enough === true) isOver = true;
  if (loop !== undefined) {
    running = running.then(async () => {
      while (!isOver) await runOnce(loop);
      isOver = false;
      say({ ready: true });
    });
  }
}
await running;
await context[Symbol.asyncDispose]();

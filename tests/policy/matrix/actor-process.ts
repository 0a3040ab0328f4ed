/** The other end of `actor.ts`: starts it, tells it what to run, hears where it stops and how it ended. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { childProgram } from '../../support/child-program.ts';
import { isSoak } from '../../support/counts.ts';
import { repository, runtimes } from '../../support/repository.ts';
import { startProcess } from '../../support/run-process.ts';
import type { MatrixPlace } from './matrix-world.ts';
import type { EndedRun, Step } from './stepped-run.ts';
import type { Asked } from './trigger-kinds.ts';

export interface ActorOrder {
  readonly run?: { readonly asked: Asked; readonly waitMs: number; readonly stopAt?: Step };
  /** The same again and again, until `enough`. */
  readonly loop?: { readonly asked: Asked; readonly waitMs: number };
  readonly enough?: true;
  readonly go?: true;
}

export type ActorAnswer = { readonly ready: true } | { readonly at: Step } | { readonly ran: EndedRun };

export interface Actor extends AsyncDisposable {
  readonly pid: number;
  tell(order: ActorOrder): void;
  /** The next thing that it says. */
  hear(): Promise<ActorAnswer>;
  /** SIGKILL; resolves when it has been reaped. */
  kill(): Promise<void>;
}

/** Guard against a hang only: one actor lives through all the rows of a table, which in a soak take hours. */
const guardMs = isSoak ? 86_400_000 : 600_000;

/** Resolves when it can run. */
export async function startActor({ stateDir, database, netns }: MatrixPlace): Promise<Actor> {
  const file = join(repository, 'tests/policy/matrix/actor.ts');
  const args = [...childProgram(file), stateDir, database, netns ?? '-'];
  const { child, finished } = startProcess(runtimes.node, args, { isInputOpen: true, guardMs });
  const answers: ActorAnswer[] = [];
  let heard = Promise.withResolvers<void>();
  if (child.stdout === null) throw new Error('an actor has a stdout');
  createInterface({ input: child.stdout }).on('line', (line) => {
    answers.push(JSON.parse(line) as ActorAnswer);
    heard.resolve();
    heard = Promise.withResolvers();
  });
  const ended = finished.then(({ status, stderr }) => {
    throw new Error(`the actor has ended with ${status}: ${stderr}`);
  });
  ended.catch(() => undefined);
  const hear = async () => {
    for (;;) {
      const answer = answers.shift();
      if (answer !== undefined) return answer;
      await Promise.race([heard.promise, ended]);
    }
  };
  const actor: Actor = {
    pid: child.pid ?? 0,
    tell: (order) => child.stdin?.write(`${JSON.stringify(order)}\n`),
    hear,
    kill: async () => {
      child.kill('SIGKILL');
      await finished;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin?.end();
      await finished;
    },
  };
  await hear();
  return actor;
}

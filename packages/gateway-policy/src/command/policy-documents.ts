/**
 * The two documents a gateway keeps beside its locks: the intent of the run that is writing, and the last runs for the
 * panel. Both are guarded by the gateway's policy lock.
 */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, errnoOf, type Held, isHoldfastError, systemClock } from '@holdfast/base';
import { StateReader } from '@holdfast/state';
import * as z from 'zod/mini';
import { policyPause } from './policy-pause.ts';
import { policyScope } from './policy-trigger.ts';
import { type RunRecord, runRecordSchema } from './run-record.ts';

const intentSchema = z.object({ covers: z.number(), pid: z.number(), startedAt: z.string() });

/** How many runs the history keeps. */
const mostRuns = 50;

export interface PolicyDocuments {
  readonly intent: {
    isOpen(): Promise<boolean>;
    open(held: Held, covers: number): Promise<void>;
    close(held: Held): Promise<void>;
    pause(held: Held): Promise<void>;
  };
  /** Whether a run of another hold gave way with work left, and is about to go on. */
  isPaused(): Promise<boolean>;
  /** The same of any hold, this process's own too: what is live is half-way until that run has gone on. */
  isComingBack(): Promise<boolean>;
  /** Adds a run to the history. Losing the last ones in a power cut is harmless, so it costs no directory flush. */
  recordRun(held: Held, run: RunRecord): Promise<void>;
  lastRuns(): Promise<readonly RunRecord[]>;
  /**
   * Removes the temporary files that killed processes left in the state directory, its runs and its locks; once, when
   * asked for the first time. Call with the lock held: nobody writes our documents then.
   *
   * @returns what there is to say: which were removed, and which a writer left that cannot be seen from here
   */
  sweepOrphans(): Promise<readonly string[]>;
}

export function policyDocuments(options: {
  readonly stateDir: string;
  readonly gateway: string;
  readonly clock?: Clock;
}): PolicyDocuments {
  const { clock = systemClock } = options;
  const scope = policyScope(options.gateway);
  const directory = join(options.stateDir, 'runs');
  const intentPath = join(directory, `${options.gateway}.intent.json`);
  const runsPath = join(directory, `${options.gateway}.json`);
  const intents = new StateReader({
    scope,
    validator: intentSchema,
    writer: new AtomicWriter({ durability: 'none' }), // neither does the kernel's state outlive a power cut
  });
  const pause = policyPause({ directory, gateway: options.gateway, scope, clock });
  let hasSwept = false;
  const runs = new StateReader({
    scope,
    validator: z.array(runRecordSchema),
    writer: new AtomicWriter({ durability: 'file' }),
  });
  return {
    intent: {
      // A damaged intent is an intent all the same: the run that wrote it has not ended well.
      isOpen: async () =>
        (await unlessDamaged(intents.read(intentPath)))?.source !== 'absent' ||
        (await pause.read()) === 'ended',
      open: async (held, covers) => {
        const intent = { covers, pid: process.pid, startedAt: new Date(clock.wallMs()).toISOString() };
        await orAnew(intentPath, clock, () => intents.update(intentPath, held, () => intent));
      },
      close: async (held) => {
        await intents.remove(intentPath, held);
        const state = await pause.read();
        if (state === 'ours' || state === 'ended') await pause.close(held);
      },
      pause: async (held) => {
        await pause.open(held);
        await intents.remove(intentPath, held);
      },
    },
    isPaused: async () => (await pause.read()) === 'others',
    isComingBack: async () => ['ours', 'others'].includes(await pause.read()),
    recordRun: (held, run) =>
      orAnew(runsPath, clock, () =>
        runs.update(runsPath, held, (last = []) => [...last, run].slice(-mostRuns)),
      ),
    lastRuns: async () => (await runs.read(runsPath)).value ?? [],
    sweepOrphans: () => {
      const isFirst = !hasSwept;
      hasSwept = true;
      return isFirst
        ? sweepAll([options.stateDir, directory, join(options.stateDir, 'locks')])
        : nothingToSay;
    },
  };
}

const nothingToSay: Promise<readonly string[]> = Promise.resolve([]);

async function sweepAll(directories: readonly string[]): Promise<readonly string[]> {
  const writer = new AtomicWriter();
  const removed: string[] = [];
  const outOfSight: string[] = [];
  for (const directory of directories) {
    if (!existsSync(directory)) continue; // backends other than flock keep no lock files
    const report = await writer.sweepOrphans(directory);
    removed.push(...report.removed.map((name) => join(directory, name)));
    const foreign = report.kept.filter(({ reason }) => /^owner-(?!alive)/.test(reason));
    outOfSight.push(...foreign.map(({ name }) => join(directory, name)));
  }
  const found = [
    ['removed what killed writers left', removed],
    [
      'kept what writers of another boot, container or machine left; remove it if none is at work',
      outOfSight,
    ],
  ] as const;
  return found
    .filter(([, paths]) => paths.length > 0)
    .map(([finding, paths]) => `${finding}: ${paths.join(', ')}`);
}

/** Undefined for a document whose every generation is damaged. */
async function unlessDamaged<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isHoldfastError(error, 'DOCUMENT_INVALID')) return undefined;
    throw error;
  }
}

/**
 * Runs `update`; when every generation of the document is damaged, moves them aside as evidence and starts anew. Neither
 * document is truth, so losing one must not keep a gateway from being made right.
 */
async function orAnew(path: string, clock: Clock, update: () => Promise<unknown>): Promise<void> {
  try {
    await update();
  } catch (error) {
    if (!isHoldfastError(error, 'DOCUMENT_INVALID')) throw error;
    for (const damaged of [path, `${path}.last-good`])
      await moveAside(damaged, `${path}.damaged-${clock.wallMs()}`);
    await update();
  }
}

async function moveAside(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

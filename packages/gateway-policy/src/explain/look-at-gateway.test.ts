/** A look between, during and after runs: what it takes for drift, and what it leaves to those who are at work. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { readGatewaySnapshot } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { policyScope } from '../command/policy-trigger.ts';
import type { Dataplane } from '../dataplane.ts';
import { deltaOf } from '../delta-of.ts';
import { desiredState } from '../desired-state.ts';
import { addressOf, gateway, useLiveGateway } from '../testing/use-live-gateway.ts';
import { type GatewayLookOptions, lookAtGateway } from './look-at-gateway.ts';

const live = useLiveGateway();

interface Seen {
  readonly isWhole: boolean;
  /** Those that differ. */
  readonly objects: readonly string[];
}

/** @returns undefined for a look that was disturbed */
async function look(options: Partial<GatewayLookOptions> = {}): Promise<Seen | undefined> {
  const found = await lookAtGateway({
    ...live.context,
    isComingBack: live.context.documents.isComingBack,
    dataplaneOf: live.context.dataplaneFor,
    expectsRun: () => true,
    clock: systemClock,
    patienceMs: 0,
    ...options,
  });
  if (found.kind === 'disturbed') return undefined;
  return { isWhole: found.isWhole, objects: found.drift.map(({ object }) => object) };
}

/** What somebody deletes without asking anybody: everything of the session with the address. */
async function deleteByHand(host: number): Promise<void> {
  const snapshot = await readGatewaySnapshot(live.context.truth, gateway, Date.now());
  if (snapshot === undefined) throw new Error('the gateway is gone');
  const sessions = snapshot.sessions.filter(({ framedIp }) => framedIp === addressOf(host));
  const [before, after] = [sessions, []].map((rows) => desiredState({ ...snapshot, sessions: rows }));
  if (before === undefined || after === undefined) throw new Error('no states');
  await live.context.dataplaneFor(snapshot.gateway).writeDelta(deltaOf(before, after), fakeHeld());
}

const objectsOf = (host: number) => [
  `class-of ${addressOf(host)}`,
  expect.stringMatching(/^class [0-9a-f]+:1$/),
];
const nothing: Seen = { isWhole: true, objects: [] };
const nothingSure: Seen = { isWhole: false, objects: [] };

/** The dataplane, with something that happens when truth has been read and the kernel has not. */
function afterTruth(happens: () => Promise<unknown>): Pick<GatewayLookOptions, 'dataplaneOf'> {
  return {
    dataplaneOf: (row) => {
      const dataplane: Dataplane = live.context.dataplaneFor(row);
      return { ...dataplane, read: async () => happens().then(dataplane.read) };
    },
  };
}

describe('a look at a gateway at rest', () => {
  it('finds no drift where a run has made it right', async () => {
    expect(await look()).toEqual(nothing);
  });

  it('finds what is missing', async () => {
    await deleteByHand(1);
    expect(await look()).toEqual({ isWhole: true, objects: objectsOf(1) });
    rmSync(join(live.stateDir, `dataplane-${gateway}.json`));
    expect(await look()).toEqual({
      isWhole: true,
      objects: ['table inet holdfast', 'root qdisc', ...objectsOf(1)],
    });
  });

  it('leaves the generation of the lock as it is, for the run that goes on from it', async () => {
    const before = live.context.seenGeneration();
    await look();
    expect(live.context.seenGeneration()).toBe(before);
  });
});

describe('a look during a run', () => {
  it.each(['intent', 'tc-add', 'nft', 'written', 'verified', 'reported'] as const)(
    'that has reached %s is disturbed',
    async (step) => {
      await live.connect();
      await using stopped = await live.stoppedRun(step);
      expect(await look()).toBeUndefined();
      expect(await stopped.end()).toBe('applied');
      expect(await look()).toEqual(nothing);
    },
  );

  it('that happens between the two readings leaves out whom it was about', async () => {
    const interfering = afterTruth(async () => {
      await live.connect();
      await live.run();
    });
    expect(await look(interfering)).toEqual(nothingSure);
    // Whose generation nobody looked at: the session that came is taken for one that nobody wants.
    expect(await look({ ...interfering, seenGeneration: () => 0 })).toEqual({
      isWhole: true,
      objects: objectsOf(3),
    });
  });

  it('that gave way with work left is disturbed until it has gone on', async () => {
    const { runner, documents } = live.context;
    await runner.run(policyScope(gateway), {}, documents.intent.pause);
    expect(await look()).toBeUndefined();
    expect(await look({ expectsRun: () => false })).toEqual(nothing);
    await runner.run(policyScope(gateway), {}, documents.intent.close);
    expect(await look()).toEqual(nothing);
  });

  it('that failed shows what it has left undone, when nobody expects another', async () => {
    await live.connect();
    const refusing = (step: string) => {
      if (step === 'nft') throw new Error('refused');
    };
    expect(await live.run({ onStep: refusing })).toBe('failed');
    expect(await live.context.documents.intent.isOpen()).toBe(true);
    expect(await look()).toEqual(nothingSure);
    expect(await look({ expectsRun: () => false })).toEqual({ isWhole: true, objects: objectsOf(2) });
  });
});

describe('a look before a run', () => {
  it('takes what is recorded for being on its way, and finds what others lack', async () => {
    await live.connect();
    expect(await look()).toEqual(nothingSure);
    await deleteByHand(1);
    expect(await look()).toEqual({ isWhole: false, objects: objectsOf(1) });
  });

  it('leaves out everything of those whom triggers name, and what nobody wants', async () => {
    await live.connect();
    await live.run();
    await deleteByHand(1);
    const { db } = live.context.truth;
    await live.record(1);
    await db.deleteFrom('active_session_locks').where('framed_ip', '=', addressOf(2)).execute();
    expect(await look()).toEqual(nothingSure);
    expect(await look({ expectsRun: () => false })).toMatchObject({ isWhole: true, objects: { length: 4 } });
  });

  it.each([
    ['a trigger names nobody', () => live.record(undefined)],
    [
      'the frame around the objects is gone',
      async () => rmSync(join(live.stateDir, `dataplane-${gateway}.json`)),
    ],
  ])('is disturbed when %s', async (_what, happens) => {
    await live.connect();
    await happens();
    expect(await look()).toBeUndefined();
  });

  it('finds nothing of a change that came after its reading of truth', async () => {
    expect(await look(afterTruth(live.connect))).toEqual(nothing);
  });

  it('reads the kernel three times for a gateway that does not rest', async () => {
    let readings = 0;
    const counting = afterTruth(async () => {
      readings += 1;
    });
    await live.connect();
    expect(await look({ ...counting, patienceMs: 60_000 })).toEqual(nothingSure);
    expect(readings).toBe(3);
  });
});

describe('a look while somebody has the lock', () => {
  it('is disturbed', async () => {
    await using _held = await live.context.runner.acquire(policyScope(gateway));
    expect(await look()).toBeUndefined();
  });

  it('is tried again for as long as it may take', async () => {
    const held = await live.context.runner.acquire(policyScope(gateway));
    const slept: number[] = [];
    let nowMs = 0;
    const clock: Clock = {
      wallMs: systemClock.wallMs,
      monotonicMs: () => nowMs,
      sleep: async (ms) => {
        slept.push(ms);
        nowMs += ms;
        if (slept.length === 3) await held.release();
      },
    };
    expect(await look({ clock, patienceMs: 100 })).toEqual(nothing);
    expect(slept).toHaveLength(3);

    await using _other = await live.context.runner.acquire(policyScope(gateway));
    expect(await look({ clock, patienceMs: 100 })).toBeUndefined();
    expect(slept).toHaveLength(8);
  });
});

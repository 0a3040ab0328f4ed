/** CAPTCHAs and refresh tokens that several processes use at once, on every backend; and the contracts on the servers. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type RefreshOutcome, TokenRotation } from '@holdfast/runtime-stores';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCaptchaClaims } from '../../packages/runtime-stores/src/captcha/captcha-contract.ts';
import { describeTokenFamilies } from '../../packages/runtime-stores/src/token/token-contract.ts';
import type { LockProcess } from '../lock/lock-process.ts';
import { counts } from '../support/counts.ts';
import { type Backend, type LoginStores, openStores } from './captcha-token-stores.ts';
import { CaptchaTokenWorld, presentBackends, solvedCaptcha } from './captcha-token-world.ts';

interface Outcome {
  readonly kind: string;
  readonly reason?: string;
  readonly revokedReason?: string;
  readonly token?: string;
}

const processes = 4;
const limits = { timeout: 60_000 + 5_000 * Math.max(counts.storeKillRounds, counts.storeRaces) };

let world: CaptchaTokenWorld;
let children: readonly LockProcess[];
const stores = new Map<Backend, LoginStores>();

beforeAll(async () => {
  world = await CaptchaTokenWorld.open();
  children = await Promise.all(Array.from({ length: processes }, () => world.process()));
  for (const [backend, place] of world.places) stores.set(backend, await openStores(backend, place));
});

afterAll(async () => {
  for (const child of children ?? []) await child[Symbol.asyncDispose]();
  for (const opened of stores.values()) await opened[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const storesOf = (backend: Backend): LoginStores => {
  const opened = stores.get(backend);
  if (opened === undefined) throw new Error(`${backend} was not opened`);
  return opened;
};

const rotationOf = (backend: Backend) => new TokenRotation({ families: storesOf(backend).families('web') });

/** Tells all children at the same moment. */
const together = async (command: string): Promise<readonly Outcome[]> => {
  const answers = await Promise.all(children.map((child) => child.ask(command, 'outcomes')));
  return answers.flatMap((answer) => JSON.parse(answer) as readonly Outcome[]);
};

const ask = async (command: string, [child] = children): Promise<Outcome> => {
  const [outcome] = JSON.parse((await child?.ask(command, 'outcomes')) ?? '[]') as readonly Outcome[];
  return outcome ?? { kind: 'none' };
};

/** Makes a family as much older. */
const pass = (backend: Backend, familyId: string, ms: number) =>
  storesOf(backend)
    .families('web')
    .change(familyId, (family) => ({
      result: undefined,
      family: family && { ...family, rotatedAtMs: family.rotatedAtMs - ms },
    }));

describe.each(presentBackends)('in several processes on %s', (backend) => {
  it('one of twenty who replay a CAPTCHA at once passes', limits, async () => {
    for (let round = 0; round < counts.storeRaces; round += 1) {
      const outcomes = await together(`verify ${backend} ${await solvedCaptcha()} 5`);
      expect(outcomes).toHaveLength(20);
      expect(outcomes.filter(({ kind }) => kind === 'ok')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(19);
    }
  });

  it(
    'sixteen uses of a refresh token at once are one rotation, and a later one revokes the family',
    limits,
    async () => {
      for (let round = 0; round < counts.storeRaces; round += 1) {
        const { token, session } = await rotationOf(backend).issue({ userId: 'ana' });
        const outcomes = await together(`refresh ${backend} ${token} 4`);
        expect(outcomes).toHaveLength(16);
        expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1);
        expect(outcomes.filter(({ kind }) => kind === 'repeated')).toHaveLength(15);
        const successors = new Set(outcomes.map((outcome) => outcome.token));
        expect(successors.size).toBe(1);
        await pass(backend, session.familyId, 11_000);
        expect(await ask(`refresh ${backend} ${token} 1`)).toMatchObject({ reason: 'reused' });
        const [newest = ''] = successors;
        expect((await together(`refresh ${backend} ${newest} 1`)).map((one) => one.revokedReason)).toEqual(
          Array.from({ length: processes }, () => 'reuse'),
        );
      }
    },
  );

  it('refreshes beside a logout give nothing that counts after it', async () => {
    const { token } = await rotationOf(backend).issue({ userId: 'ana' });
    const [last, ...others] = children;
    const refreshing = others.map((child) => child.ask(`refresh ${backend} ${token} 4`, 'outcomes'));
    expect(await ask(`logout ${backend} ${token}`, last && [last])).toMatchObject({ kind: 'revoked' });
    const outcomes = (await Promise.all(refreshing)).flatMap(
      (text) => JSON.parse(text) as readonly Outcome[],
    );
    const given = [token, ...outcomes.flatMap((outcome) => outcome.token ?? [])];
    for (const one of new Set(given))
      expect(await rotationOf(backend).refresh(one)).toMatchObject({ revokedReason: 'logout' });
  });
});

describe('a process that is killed at its work', () => {
  it('has lost nothing that it was answered, on any backend', limits, async () => {
    for (let round = 0; round < counts.storeKillRounds; round += 1) {
      const child = await world.process();
      child.say(`work ${presentBackends.join(' ')}`);
      const said = await killedAfter(child, 15 + Math.floor(Math.random() * 40));
      for (const backend of presentBackends) await expectKept(backend, said, `round ${round}`);
    }
    for (const store of [storesOf('file').claims, storesOf('file').families('web')])
      expect(await store.sweep()).toMatchObject({ damaged: 0, removed: 0 });
  });
});

/** What it said until it died: some while after so many lines, in the middle of anything. */
async function killedAfter(child: LockProcess, lines: number): Promise<readonly string[]> {
  const said: string[] = [];
  while (said.length < lines) said.push(await child.next());
  const killed = child.kill();
  for (;;) {
    const line = await child.next().catch(() => undefined);
    if (line === undefined) break;
    said.push(line);
  }
  await killed;
  return said.filter((line) => line.split(' ').length === 3);
}

async function expectKept(backend: Backend, said: readonly string[], facts: string): Promise<void> {
  const of = (what: string) =>
    said.filter((line) => line.startsWith(`${what} ${backend} `)).map((line) => line.split(' ')[2] ?? '');
  const newest = of('token').at(-1);
  if (newest !== undefined) {
    // Its successor may have been stored without having been told.
    const outcome: RefreshOutcome = await rotationOf(backend).refresh(newest);
    expect(outcome.kind, `${facts} ${backend}`).toMatch(/^(rotated|repeated)$/);
  }
  for (const token of of('revoked').slice(-5))
    expect(await rotationOf(backend).refresh(token), `${facts} ${backend}`).toMatchObject({
      revokedReason: 'logout',
    });
  for (const hash of of('claim').slice(-5)) {
    const again = { hash, scope: 'login:web', attemptId: 'another', state: 'ok' } as const;
    expect(await storesOf(backend).claims.claim(again, 1), `${facts} ${backend}`).toMatchObject({
      kind: 'taken',
    });
  }
}

describe('a backup of the files that was put back', () => {
  it('refuses the tokens that were given out since, and goes on with its own', async () => {
    const { token } = await rotationOf('file').issue({ userId: 'ana' });
    const [kept, backup] = [join(world.directory, 'stores'), join(world.directory, 'backup')];
    cpSync(kept, backup, { recursive: true });
    const given = await ask(`refresh file ${token} 1`);
    const newest = await ask(`refresh file ${given.token} 1`);
    rmSync(kept, { recursive: true });
    cpSync(backup, kept, { recursive: true });
    await using other = await world.process(['file']);
    expect(await ask(`refresh file ${newest.token} 1`, [other])).toMatchObject({ reason: 'ahead' });
    expect(await ask(`refresh file ${token} 1`)).toMatchObject({ kind: 'rotated', token: given.token });
  });
});

describe.each(presentBackends.filter((backend) => backend === 'MariaDB' || backend === 'Redis'))(
  'on the server of %s',
  (backend) => {
    const empty = async () => {
      await storesOf(backend).forget();
      return { [Symbol.asyncDispose]: async () => undefined };
    };
    describeTokenFamilies(backend, async () => ({
      ...(await empty()),
      open: (profile) => storesOf(backend).families(profile),
    }));
    describeCaptchaClaims(backend, async () => ({
      ...(await empty()),
      open: () => storesOf(backend).claims,
    }));
  },
);

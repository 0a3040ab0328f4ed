/** The stewards on real files: what each does with a document that is corrupt, truncated, foreign or empty, and what it keeps. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  attendAll,
  documentsOf,
  loginLimit,
  type Spoil,
  StewardWorld,
  spoils,
} from '../testing/steward-world.ts';
import { longestClaimMs } from './captcha-area.ts';
import { Steward } from './steward.ts';

const ways = Object.keys(spoils) as readonly Spoil[];
let world: StewardWorld;
beforeEach(async () => {
  world = new StewardWorld();
  await world.fill();
});
afterEach(() => world[Symbol.dispose]());

describe('a steward of whole stores', () => {
  it('finds nothing to do, and asks for no lock', async () => {
    for (const steward of world.stores().stewards) expect(await attendAll(steward)).toEqual([]);
    expect(existsSync(join(world.directory, '.trash'))).toBe(false);
  });

  it('of which there is none makes the first salt and nothing else', async () => {
    using empty = new StewardWorld();
    const reports = await Promise.all(empty.stores().stewards.map(attendAll));
    expect(reports.flat()).toMatchObject([
      { area: 'salt:ip', reason: 'missing', outcome: 'rotated', condition: 'absent' },
    ]);
  });
});

describe.each(ways)('a document that is %s', (way) => {
  it.each([
    ['rate-limit', '', 1],
    ['token:panel', 'families', 2],
    ['salt:ip', '', 2],
  ])('in %s is reset, kept as evidence, and comes back with an undo', async (name, kind, files) => {
    const path = await world.firstDocument(name, kind);
    const spoiled = world.spoil(path, way);
    const steward = world.steward(name);
    const reports = await attendAll(steward);
    expect(reports).toMatchObject([
      { reason: 'corrupt', condition: 'damaged', verdict: 'reset', outcome: 'reset', document: path },
    ]);
    expect(world.evidence().filter((kept) => kept.equals(spoiled))).toHaveLength(files);
    expect(await attendAll(steward)).toEqual([]);
    const { resets } = world.stores();
    await resets.undo(reports[0]?.reset?.id ?? '', {});
    expect(readFileSync(path)).toEqual(spoiled);
  });

  it.each([
    ['salt:ip', 'rotate', 'rotated'],
    ['token:panel', 'reset', 'reset'],
  ] as const)('in %s with its generation before is answered with %s', async (name, verdict, outcome) => {
    const path = await world.firstDocument(name);
    const spoiled = world.spoil(path, way, true);
    const steward = world.steward(name);
    const expected =
      way === 'foreign' ? { condition: 'damaged' } : { condition: 'recovered', verdict, outcome };
    expect(await attendAll(steward)).toMatchObject([expected]);
    expect(await attendAll(steward)).toEqual([]);
    // Moved to the trash, aside by the next update, or still there: never gone.
    const beside = readdirSync(join(path, '..')).map((file) => readFileSync(join(path, '..', file)));
    const kept = existsSync(join(world.directory, '.trash')) ? world.evidence() : [];
    expect([...beside, ...kept].some((bytes) => bytes.equals(spoiled))).toBe(true);
  });
});

describe.each(ways)('claims of CAPTCHAs that are %s', (way) => {
  it('are left as they are until none can count any more, then reset with their evidence', async () => {
    await world.claim();
    const path = await world.firstDocument('captcha');
    const spoiled = world.spoil(path, way);
    const steward = world.steward('captcha');
    expect(await attendAll(steward)).toMatchObject([
      { condition: 'damaged', verdict: 'refuse', outcome: 'refused' },
    ]);
    expect(readFileSync(path)).toEqual(spoiled);
    const again = { hash: 'f'.repeat(64), scope: 'login', attemptId: 'two', state: 'ok' } as const;
    await expect(world.claims.claim(again, 60_000)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });

    world.aheadMs = longestClaimMs;
    expect(await attendAll(steward)).toMatchObject([{ verdict: 'reset', outcome: 'reset' }]);
    expect(world.evidence().filter((kept) => kept.equals(spoiled))).toHaveLength(2);
    expect(await world.claims.claim(again, 60_000)).toEqual({ kind: 'claimed' });
  });
});

describe('a reset', () => {
  it('of the counters gives one burst, once, and no more', async () => {
    for (let taken = 3; taken < 10; taken += 1) await world.limits.take(loginLimit, 'somebody');
    expect((await world.limits.take(loginLimit, 'somebody')).isAllowed).toBe(false);
    world.spoil(await world.firstDocument('rate-limit'), 'corrupt');
    await attendAll(world.steward('rate-limit'));
    const allowed = [];
    for (let round = 0; round < 12; round += 1)
      allowed.push((await world.limits.take(loginLimit, 'somebody')).isAllowed);
    expect(allowed.filter(Boolean)).toHaveLength(10);
  });

  it('of families logs them out, and never lets one in', async () => {
    world.spoil(await world.firstDocument('token:panel', 'families'), 'truncated');
    await expect(world.families.read('a'.repeat(32))).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    await attendAll(world.steward('token:panel'));
    expect(await world.families.read('a'.repeat(32))).toBeUndefined();
  });

  it('of the lists of users makes them anew from the families, so that none escapes a revocation', async () => {
    world.spoil(await world.firstDocument('token:panel', 'users'), 'corrupt');
    expect(await attendAll(world.steward('token:panel'))).toMatchObject([{ outcome: 'reset' }]);
    const ids = await world.families.changeOfUser('ana', ({ familyId }) => ({ result: familyId }));
    expect(ids.toSorted()).toEqual(['a'.repeat(32), `${'a'.repeat(31)}b`]);
  });

  it('of the salt takes the counters with it, and undoes both', async () => {
    const before = await world.salt.current();
    const [salt, counters] = [await world.firstDocument('salt:ip'), await world.firstDocument('rate-limit')];
    const steward = world.steward('salt:ip');
    const [document] = await documentsOf(steward.area);
    if (document === undefined) throw new Error('there is no salt');
    const finding = { document, reason: steward.reasonOf('manual', document) };

    const [shown] = await steward.attend([finding], { mode: 'dry-run' });
    expect(shown?.outcome).toBe('pending');
    expect(shown?.reset?.files.map(({ path }) => path)).toContain('salt/ip.json');
    expect((await world.salt.current()).current).toEqual(before.current);

    const [done] = await steward.attend([finding], { mode: 'apply' });
    const after = await world.salt.current();
    expect(after).not.toHaveProperty('previous');
    expect(after.current.secret).not.toBe(before.current.secret);
    expect([existsSync(counters), existsSync(`${counters}.last-good`)]).toEqual([false, false]);
    expect((await world.limits.take(loginLimit, 'somebody', 10)).isAllowed).toBe(true);

    const { resets } = world.stores();
    const id = done?.reset?.id ?? '';
    await expect(resets.undo(id, {})).rejects.toMatchObject({ code: 'RESET_CONFLICT' });
    await resets.undo(id, { overwrite: true });
    expect((await world.salt.current()).current).toEqual(before.current);
    expect((await world.limits.take(loginLimit, 'somebody', 8)).isAllowed).toBe(false);
    expect(readFileSync(salt, 'utf8')).toContain(before.current.secret);
  });

  it('of more documents than one reset takes is several, each of them undoable', async () => {
    for (const name of ['one', 'other']) await world.limits.take(loginLimit, name);
    const { resets } = world.stores();
    const { area } = world.steward('rate-limit');
    const steward = new Steward({ area, resets, mostDocuments: 2 });
    const documents = await documentsOf(area);
    const findings = documents.map((document) => ({
      document,
      reason: steward.reasonOf('manual', document),
    }));
    const reports = await steward.attend(findings, { mode: 'apply' });
    const ids = new Set(reports.map(({ reset }) => reset?.id));
    expect([documents.length, reports.length, ids.size]).toEqual([3, 3, 2]);
    for (const id of ids) await resets.undo(id ?? '', {});
    expect(await documentsOf(area)).toHaveLength(3);
  });

  it('of the salt leaves counters that are too many, to which no key leads any more', async () => {
    await world.limits.take(loginLimit, 'another');
    const { resets, areas } = world.stores();
    const { area } = world.steward('salt:ip');
    const dependants = areas.filter(({ store }) => store === 'rate-limit');
    const steward = new Steward({ area, resets, dependants, mostDocuments: 1 });
    const [document] = await documentsOf(area);
    if (document === undefined) throw new Error('there is no salt');
    const finding = { document, reason: steward.reasonOf('manual', document) };
    const [report] = await steward.attend([finding], { mode: 'apply' });
    expect(report?.reset?.files.map(({ path }) => path)).toEqual(['salt/ip.json.last-good', 'salt/ip.json']);
    expect(await documentsOf(world.steward('rate-limit').area)).toHaveLength(2);
  });

  it.each(['rate-limit', 'token:panel', 'salt:ip'])(
    'of %s waits for whoever holds its document',
    async (name) => {
      const path = await world.firstDocument(name);
      const spoiled = world.spoil(path, 'empty');
      const steward = world.steward(name);
      const findings = await Array.fromAsync(steward.observe());
      await using _held = await world.runner.acquire(steward.area.scopeOf(path) ?? '');
      await expect(steward.attend(findings, { mode: 'apply', waitMs: 0 })).rejects.toMatchObject({
        code: 'LOCK_BUSY',
      });
      expect(readFileSync(path)).toEqual(spoiled);
    },
  );

  it('whose journal is damaged stops its area until it is set aside, with all that it has kept', async () => {
    world.spoil(await world.firstDocument('token:panel', 'families'), 'corrupt');
    const steward = world.steward('token:panel');
    const [done] = await attendAll(steward);
    const id = done?.reset?.id ?? '';
    writeFileSync(join(world.directory, '.trash', id, 'journal.json'), 'damaged');
    const { resets } = world.stores();
    expect(await resets.list()).toMatchObject([{ id, status: 'damaged' }]);
    world.spoil(await world.firstDocument('token:panel', 'users'), 'corrupt');
    await expect(attendAll(steward)).rejects.toMatchObject({ code: 'RESET_DAMAGED' });
    expect(await attendAll(world.steward('salt:ip'))).toEqual([]); // nobody else is kept from anything
    const directory = await resets.setAside(id);
    expect(readdirSync(directory)).toContain('old-0');
    expect(await attendAll(steward)).toMatchObject([{ outcome: 'reset' }]);
    await expect(resets.setAside(id)).rejects.toMatchObject({ code: 'RESET_UNKNOWN' });
  });

  it('is decided again under the lock: what somebody has put right meanwhile stays', async () => {
    const path = await world.firstDocument('rate-limit');
    const whole = readFileSync(path);
    world.spoil(path, 'corrupt');
    const steward = world.steward('rate-limit');
    const findings = await Array.fromAsync(steward.observe());
    writeFileSync(path, whole);
    expect(await steward.attend(findings, { mode: 'apply' })).toMatchObject([{ outcome: 'kept' }]);
    expect(readFileSync(path)).toEqual(whole);
  });

  it('of what is whole is done when somebody asks, and never by itself', async () => {
    const steward = world.steward('rate-limit');
    const [document] = await documentsOf(steward.area);
    if (document === undefined) throw new Error('there is no document');
    const finding = { document, reason: steward.reasonOf('manual', document) };
    expect(await steward.attend([finding], { mode: 'apply' })).toMatchObject([{ outcome: 'reset' }]);
    expect(existsSync(document.path)).toBe(false);
  });
});

describe('the salt', () => {
  it('that is due is rotated once, however many stewards come', async () => {
    const before = await world.salt.current();
    world.aheadMs = 2 * 169 * 3_600_000;
    const rounds = await Promise.all(Array.from({ length: 4 }, () => attendAll(world.steward('salt:ip'))));
    expect(rounds.flat().every(({ outcome }) => outcome === 'rotated')).toBe(true);
    expect((await world.salt.current()).previous?.secret).toBe(before.current.secret);
  });
});

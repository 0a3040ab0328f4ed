/**
 * Two people at random on one connection, through their pages: whoever is refused decides at random. In the end the connection is what
 * its changes make of it one after the other, every version has one line in the log, nothing was written over
 * what its sender had not seen, and nothing is left pending.
 */
import type { AuditEntry } from '@holdfast/panel-client';
import type { Page, Response } from 'playwright-core';
import { expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { type ConflictDialog, type ConnectionPage, openConnection } from './connection-page.ts';
import { describeInBrowser } from './ground.ts';

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000);

/** Edits of each of the two: far from the fifty changes that the log keeps. */
const betweenReadings = 8;
/** For what hangs; an edit takes a second or two, a conflict twice that. */
const guardMs = 60_000 + counts.browserEdits * 6_000;

interface Applied {
  /** That its sender had seen. */
  readonly base: number;
  readonly version: number;
  readonly patch: { readonly [field: string]: unknown };
}

interface Sent {
  readonly version: number;
  readonly clientMutationId: string;
  readonly [field: string]: unknown;
}

describeInBrowser('two people who edit the same connection at random', (ground) => {
  it(
    `lose no change, and each version has one line in the log (seed ${seed})`,
    async () => {
      process.stderr.write(`seed ${seed}\n`);
      const began = { label: 'begin', down_kbit: 1_000, up_kbit: 1_000 };
      const id = await ground().connection(began);
      const applied: Promise<Applied>[] = [];
      const logged = lines(() => ground().history(id));
      const people = await Promise.all(
        [0, 1].map(async (person) => {
          const at = await openConnection(await ground().visit({ as: ground().place.admin }), id);
          note(at.page, applied);
          return { at, random: randomOf(seed + person), person };
        }),
      );
      await Promise.all(
        people.map(async ({ at, random, person }) => {
          for (let edit = 0; edit < counts.browserEdits; edit += 1) {
            await type(at, random, `${person}.${edit}`);
            await at.save.click();
            await settle(at, random);
            if (edit % betweenReadings === 0) await logged.read();
          }
        }),
      );
      const serial = (await Promise.all(applied)).toSorted((one, other) => one.version - other.version);
      const { version, value } = await ground().read(id);
      expect(value).toMatchObject(Object.assign({}, began, ...serial.map(({ patch }) => patch)));
      expect(serial.map((each) => each.version)).toEqual(serial.map((_, place) => place + 2));
      await logged.read();
      expect(logged.versions()).toEqual([1, ...serial.map((each) => each.version)]);
      expect(serial.map(({ base }) => base + 1)).toEqual(serial.map((each) => each.version));
      expect(version).toBe(serial.length + 1);
      for (const { at } of people) expect(await at.tray.count()).toBe(0);
      process.stdout.write(`${2 * counts.browserEdits} random edits: ${serial.length} written\n`);
    },
    guardMs,
  );
});

/** The log keeps the last fifty changes of a record: what it says is gathered on the way. */
function lines(history: () => Promise<readonly AuditEntry[]>) {
  const told = new Set<number>();
  return {
    versions: () => [...told].toSorted((one, other) => one - other),
    read: async () => {
      const versions = (await history()).map(({ version }) => version);
      expect(new Set(versions).size).toBe(versions.length);
      for (const version of versions) told.add(version);
    },
  };
}

/** Notes what the server has taken from this page, under the version that it made. */
function note(page: Page, applied: Promise<Applied>[]): void {
  page.on('response', (answer) => {
    if (answer.request().method() === 'PATCH' && answer.status() === 200) applied.push(appliedBy(answer));
  });
}

async function appliedBy(answer: Response): Promise<Applied> {
  const { version: base, clientMutationId: _id, ...patch } = answer.request().postDataJSON() as Sent;
  const { version } = (await answer.json()) as { readonly version: number };
  return { base, version, patch };
}

async function type(at: ConnectionPage, random: () => number, mark: string): Promise<void> {
  const [field, value] = pick(random, [
    [at.label, `typed ${mark}`],
    [at.down, String(1_000 + Math.floor(random() * 100_000))],
    [at.up, String(1_000 + Math.floor(random() * 100_000))],
  ]);
  await field.fill(value);
}

/** Until nothing is pending: saved, or refused and decided on, as often as it takes. */
async function settle({ page, dialog, tray }: ConnectionPage, random: () => number): Promise<void> {
  for (;;) {
    if (await dialog.root.isVisible()) await decide(dialog, random);
    else if ((await tray.count()) === 0) return;
    else await page.waitForTimeout(10); // a request is on its way
  }
}

async function decide({ root, apply, discard }: ConflictDialog, random: () => number): Promise<void> {
  const patience = { timeout: 1_000 };
  const overtaken = () => undefined; // the other was quicker and the dialog is another one: it is looked at again
  for (const row of await root.getByRole('group').all()) {
    const side = pick(random, ['Mío', 'Servidor'] as const);
    await row.getByRole('radio', { name: side }).check(patience).catch(overtaken);
  }
  await (random() < 0.8 ? apply : discard).click(patience).catch(overtaken);
}

function pick<T>(random: () => number, from: readonly [T, ...T[]]): T {
  return from[Math.floor(random() * from.length)] ?? from[0];
}

/** Mulberry32. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

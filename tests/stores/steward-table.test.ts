/** The tables of `docs/runtime_state.md` are what the code does: every row is asked of the policy that it is about. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import {
  type DocumentFacts,
  findStores,
  type StoreName,
  stewardPolicies,
  stewardReasons,
  storeNames,
} from '@holdfast/runtime-stores';
import { describe, expect, it } from 'vitest';
import { documentConditions } from '../../packages/runtime-stores/src/steward/document-facts.ts';
import { codesOf, tablesOf } from '../docs/markdown.ts';
import { repository } from '../support/repository.ts';

const tables = tablesOf(readFileSync(join(repository, 'docs/runtime_state.md'), 'utf8'));
const rowsOf = (heading: string) => tables.find((table) => table.heading === heading)?.rows ?? [];

/** What the fact of a row says of the facts of a policy; `any` says nothing. */
const facts: Readonly<Record<string, Partial<DocumentFacts>>> = {
  any: {},
  over: { isOver: true },
  live: { isOver: false },
  due: { isDue: true },
  young: { isDue: false },
};

interface Case {
  readonly store: StoreName;
  readonly reason: (typeof stewardReasons)[number];
  readonly facts: DocumentFacts;
}

const everyCase: readonly Case[] = storeNames.flatMap((store) =>
  stewardReasons.flatMap((reason) =>
    documentConditions.flatMap((condition) =>
      [false, true].flatMap((isOver) =>
        [false, true].map((isDue) => ({ store, reason, facts: { condition, isOver, isDue } })),
      ),
    ),
  ),
);

function covers(row: readonly string[], { store, reason, facts: found }: Case): boolean {
  const [ofStore, reasons = '', conditions = '', fact = ''] = row;
  const names = (cell: string, name: string) => cell === 'any' || cell.split(', ').includes(name);
  return (
    ofStore === store &&
    names(reasons, reason) &&
    names(conditions, found.condition) &&
    Object.entries(facts[fact] ?? { none: true }).every(
      ([key, value]) => found[key as keyof DocumentFacts] === value,
    )
  );
}

describe('the decision table', () => {
  const rows = rowsOf('Decisions');

  it('has one row for everything that a policy can be asked', () => {
    const found = everyCase.map((asked) => rows.filter((row) => covers(row, asked)).length);
    expect(everyCase.filter((_asked, place) => found[place] !== 1)).toEqual([]);
  });

  it.each(rows)('says of %s, %s, %s, %s: %s, because %s', (...row) => {
    const [, , , , verdict, because] = row;
    const asked = everyCase.filter((one) => covers(row, one));
    expect(asked.length).toBeGreaterThan(0);
    for (const { store, reason, facts: found } of asked) {
      const decided = stewardPolicies[store]({ kind: reason, scope: store }, found);
      const word = decided.kind === 'act' ? decided.actions.map(({ kind }) => kind).join() : decided.kind;
      expect([word, decided.because]).toEqual([verdict, because]);
    }
  });
});

describe('docs/runtime_state.md', () => {
  const directory = join(repository, 'no', 'such', 'stores');
  const runner = new LockRunner({ directory: join(directory, 'locks') });
  const { areas } = findStores({ directory, runner });

  it('has every area with the lock and the durability that it has', () => {
    const documented = rowsOf('What is locked, and why').map(([area = '']) => codesOf(area)[0]);
    const names = areas.map(({ name }) => name);
    expect(documented.filter((name) => name !== 'token:PROFILE').toSorted()).toEqual(names.toSorted());
    const durabilities = rowsOf('What survives').map((row) => row.slice(0, 2).flatMap(codesOf));
    for (const { name, durability } of areas) expect(durabilities).toContainEqual([name, durability]);
  });

  it('names only codes that there are, and of the commands all', () => {
    const codes = rowsOf('Run book').map(([code = '']) => codesOf(code)[0] ?? '');
    expect(codes.filter((code) => !(code in errorTable))).toEqual([]);
    const commands = rowsOf('Commands').flatMap(([command = '']) => codesOf(command));
    const help = readFileSync(join(repository, 'apps/runtime-state/src/commands.ts'), 'utf8');
    const words = [...help.matchAll(/word: '([a-z]+)'/g)].map(([, word]) => word);
    expect(commands.map((command) => command.split(' ')[0])).toEqual(words.toSorted(byOrderIn(commands)));
  });

  it('names only files that there are', () => {
    const text = readFileSync(join(repository, 'docs/runtime_state.md'), 'utf8');
    const named = [...text.matchAll(/`((?:apps|packages|tests)\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });
});

function byOrderIn(commands: readonly string[]) {
  const place = (word: string | undefined) => commands.findIndex((command) => command.split(' ')[0] === word);
  return (one: string | undefined, other: string | undefined) => place(one) - place(other);
}

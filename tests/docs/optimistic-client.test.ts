/** `docs/optimistic_client.md` and the code say the same of every answer, every phase and every limit. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ConflictEffect,
  type ConflictPhase,
  decisionTable,
  draftLifeMs,
  type MergeState,
  mostSilentTries,
  type OpenDecision,
  undoDiscardMs,
} from '@holdfast/optimistic-client';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/repository.ts';
import { codesOf, tablesOf } from './markdown.ts';

const text = readFileSync(join(repository, 'docs/optimistic_client.md'), 'utf8');
const codesUnder = (name: string) =>
  tablesOf(text)
    .filter(({ heading }) => heading === name)
    .flatMap(({ rows }) => rows)
    .map((cells) => cells.flatMap(codesOf));

/** With a member each, so that a new one does not compile without being named here. */
const phases: Record<ConflictPhase, true> = {
  ...{ choosing: true, refreshing: true, sending: true, waiting: true, 'signed-out': true, discarded: true },
};
const states: Record<MergeState, true> = {
  ...{ 'only-mine': true, 'only-theirs': true, 'both-same': true, combined: true, conflict: true },
};
const onOpen: Record<Exclude<OpenDecision['kind'], 'nothing'>, true> = {
  ...{ restore: true, 'open-conflict': true, 'send-again': true, drop: true, 'offer-undo': true },
};
const effects: Record<ConflictEffect['kind'], true> = {
  ...{ 'read-latest': true, 'keep-draft': true, send: true, create: true, wait: true, 'ask-sign-in': true },
  ...{ 'delete-draft': true, 'discard-draft': true, 'restore-draft': true, adopt: true, announce: true },
};

describe('docs/optimistic_client.md', () => {
  it('has the table of decisions', () => {
    const coded = Object.entries(decisionTable).map(([kind, { patch, draft, id, next }]) => [
      ...[kind, patch, draft, id, next],
    ]);
    expect(codesUnder('Pending patches')).toEqual(coded);
  });

  it('names every state of a row, every phase, every decision on opening and every effect', () => {
    const named = [...Object.keys(states), ...Object.keys(onOpen), ...Object.keys(effects)];
    expect(named.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
    expect(Object.keys(phases).filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });

  it('tells the limits that the code has', () => {
    expect([draftLifeMs, undoDiscardMs, mostSilentTries]).toEqual([7 * 86_400_000, 600_000, 3]);
    expect(text).toContain('Drafts live seven days');
    expect(text).toContain('for ten minutes');
    expect(text).toContain('somebody was quicker, 3 times');
  });

  it('is right that the package makes up no time and no chance', () => {
    const source = globSync('packages/optimistic-client/src/**/*.ts', { cwd: repository }).filter(
      (path) => !/\.test\.ts$|\/testing\//.test(path),
    );
    const impure = source.filter((path) =>
      /\b(?:Math\.random|randomUUID|getRandomValues|performance|Temporal|Intl|queueMicrotask)\b/.test(
        readFileSync(join(repository, path), 'utf8'),
      ),
    );
    expect(source.length).toBeGreaterThan(30);
    expect(impure).toEqual([]);
  });
});

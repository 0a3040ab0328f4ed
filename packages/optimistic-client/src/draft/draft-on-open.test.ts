/** What becomes of a draft when its record is opened, and whose draft it is. */
import { describe, expect, it } from 'vitest';
import type { RecordSchema } from '../merge/record-schema.ts';
import { type Draft, draftLifeMs } from './draft.ts';
import { decideOnOpen, type OpenDecision } from './draft-on-open.ts';
import { chooseDraft, claimTabId, type TabPresence } from './tab-id.ts';

const schema: RecordSchema = { fields: { title: { kind: 'text' }, secret: { kind: 'secret' } } };
const draft: Draft = {
  ...{ schemaV: 1, profile: 'panel', user: 'u1', kind: 'task', id: '17', tabId: 't1' },
  ...{ baseVersion: 41, base: { title: 'Milk' }, patch: { title: 'Rice' }, touched: ['title'] },
  ...{ clientMutationId: 'm1', state: 'editing', savedAt: 1_000 },
};
const same = { version: 41, value: { title: 'Milk' } };
const newer = { version: 43, value: { title: 'Oats' } };

describe('decideOnOpen', () => {
  it.each<[string, Partial<Draft>, typeof same | undefined, OpenDecision['kind']]>([
    ['the version it was based on', {}, same, 'restore'],
    ['a newer version', {}, newer, 'open-conflict'],
    ['a record that is gone', {}, undefined, 'open-conflict'],
    ['a request on its way', { state: 'sending' }, newer, 'send-again'],
    ['a request on its way, and the record gone', { state: 'sending' }, undefined, 'send-again'],
    ['a request with a secret on its way', { state: 'sending', touched: ['secret'] }, newer, 'open-conflict'],
    ['a conflict that others have taken back', { state: 'conflict' }, same, 'restore'],
    ['a conflict', { state: 'conflict' }, newer, 'open-conflict'],
    ['another schema', { schemaV: 0 }, same, 'drop'],
    ['one of eight days ago', { savedAt: 1_000 - draftLifeMs }, same, 'drop'],
    ['one from the future', { savedAt: 9_000_000 }, same, 'restore'],
    ['a discarded one', { discardedAt: 1_500 }, newer, 'offer-undo'],
  ])('%s', (_, changes, latest, kind) => {
    const facts = { draft: { ...draft, ...changes }, latest, schema, schemaV: 1, nowMs: 2_000 };
    expect(decideOnOpen(facts).kind).toBe(kind);
  });

  it('asks for a secret again', () => {
    const typed = { ...draft, state: 'sending', touched: ['title', 'secret'] } as const;
    const decision = decideOnOpen({ draft: typed, latest: same, schema, schemaV: 1, nowMs: 2_000 });
    expect(decision).toMatchObject({ kind: 'restore', mustRetype: true });
  });

  it('does nothing without a draft', () => {
    expect(decideOnOpen({ draft: undefined, latest: same, schema, schemaV: 1, nowMs: 0 }).kind).toBe(
      'nothing',
    );
  });
});

describe('tabs', () => {
  const open = (...ids: readonly string[]): TabPresence => {
    const held = new Set(ids);
    return {
      claim: async (tabId) => !held.has(tabId) && held.add(tabId) !== undefined,
      isHeld: async (tabId) => held.has(tabId),
    };
  };

  it('keep their id after a reload, and a copy gets another', async () => {
    const presence = open();
    expect(await claimTabId(presence, 't1', () => 't2')).toBe('t1');
    expect(await claimTabId(presence, 't1', () => 't2')).toBe('t2');
    expect(await claimTabId(open(), undefined, () => 't9')).toBe('t9');
  });

  it('go on with their own draft, or the newest of a closed tab, and leave those of open tabs', async () => {
    const drafts = [
      { ...draft, tabId: 'closed', savedAt: 1 },
      { ...draft, tabId: 'later', savedAt: 2 },
      { ...draft, tabId: 'open', savedAt: 3 },
    ];
    const idsOf = async (tabId: string) => {
      const { own, elsewhere } = await chooseDraft(open('open'), drafts, tabId);
      return [own?.tabId, ...elsewhere.map((other) => other.tabId)];
    };
    expect(await idsOf('new')).toEqual(['later', 'closed', 'open']);
    expect(await idsOf('closed')).toEqual(['closed', 'later', 'open']);
    expect(await chooseDraft(open('open'), drafts.slice(2), 'new')).toMatchObject({ own: undefined });
  });
});

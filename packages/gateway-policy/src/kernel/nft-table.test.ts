import { describe, expect, test } from 'vitest';
import { expectedNftObjects } from './nft-scaffold.ts';
import { parseNftTable } from './nft-table.ts';

type Listed = Record<string, Record<string, unknown>>;

/** What nft lists for an intact table of that many shards, with the elements given. */
function listing(shards: number, elements: Record<string, unknown> = {}): Listed[] {
  const objects = expectedNftObjects(shards).map(({ text }, handle): Listed => {
    const kind = text.slice(0, text.indexOf(' '));
    const body = JSON.parse(text.slice(kind.length + 1)) as Record<string, unknown>;
    const constant = Array.isArray(body.elem) ? { elem: body.elem.map((entry) => JSON.parse(entry)) } : {};
    const elem = elements[String(body.name)];
    return { [kind]: { ...body, ...constant, handle, ...(elem === undefined ? {} : { elem }) } };
  });
  return [{ metainfo: { version: '1.0.6' } }, { table: { family: 'inet', name: 'holdfast' } }, ...objects];
}

const json = (nftables: unknown) => JSON.stringify({ nftables });

describe('parseNftTable', () => {
  test.each([1, 2, 256])('an intact table of %d shards is intact', (shards) => {
    expect(parseNftTable(json(listing(shards)), shards).scaffold).toEqual({ kind: 'intact' });
  });

  test('elements are read in canonical form, with or without a comment', () => {
    const table = parseNftTable(
      json(
        listing(1, {
          restricted4: ['10.0.0.1', { elem: { val: '10.0.0.2', comment: 'x' } }],
          restricted6: ['FD00:0::1'],
          class4: [
            ['10.0.0.1', '1:5'],
            [{ elem: { val: '10.0.0.2', comment: 'x' } }, '1:6'],
          ],
        }),
      ),
      1,
    );
    expect([...table.restricted]).toEqual(['10.0.0.1', '10.0.0.2', 'fd00::1']);
    expect([...table.classOf]).toEqual([
      ['10.0.0.1', '1:5'],
      ['10.0.0.2', '1:6'],
    ]);
    expect(table.scaffold.kind).toBe('intact');
  });

  test.each([
    ['a prefix', { restricted4: [{ prefix: { addr: '10.0.0.0', len: 24 } }] }],
    ['a range', { restricted4: [{ range: ['10.0.0.1', '10.0.0.9'] }] }],
    ['a mapping without class', { class4: ['10.0.0.1'] }],
  ])('%s among the elements is damage', (_what, elements) => {
    expect(parseNftTable(json(listing(1, elements)), 1).scaffold.kind).toBe('damaged');
  });

  test.each(expectedNftObjects(4).map(({ name }, index) => [name, index] as const))(
    'a table without %s (%d) is damaged',
    (_name, index) => {
      const listed = listing(4).toSpliced(index + 2, 1);
      expect(parseNftTable(json(listed), 4).scaffold.kind).toBe('damaged');
    },
  );

  test('rules in another order are damage', () => {
    const listed = listing(1);
    const rules = listed.filter((object) => 'rule' in object).toReversed();
    const others = listed.filter((object) => !('rule' in object));
    expect(parseNftTable(json([...others, ...rules]), 1).scaffold.kind).toBe('damaged');
  });

  test.each([
    ['an interval flag', 'set', { flags: ['interval'] }],
    ['a timeout', 'set', { timeout: 60 }],
    ['another type', 'map', { type: 'ipv6_addr' }],
    ['another hook', 'chain', { hook: 'input' }],
    ['another priority', 'chain', { prio: 5 }],
    ['a counter in a rule', 'rule', { expr: [{ counter: null }] }],
  ])('%s is damage', (_what, kind, fields) => {
    const listed = listing(1);
    const index = listed.findIndex((object) => kind in object);
    const altered = listed.with(index, { [kind]: { ...listed[index]?.[kind], ...fields } });
    expect(parseNftTable(json(altered), 1).scaffold.kind).toBe('damaged');
  });

  test.each(['', '{', 'null', '[]', '{}', '{"nftables":{}}', '{"nftables":[]}', '{"nftables":[1]}'])(
    'a list %j is an error',
    (text) => {
      expect(() => parseNftTable(text, 1)).toThrow(expect.objectContaining({ code: 'DATAPLANE_FAILED' }));
    },
  );

  test('a list cut off at any byte is an error', () => {
    const text = json(listing(2, { restricted4: ['10.0.0.1'] }));
    for (let length = 0; length < text.length; length += 1) {
      expect(() => parseNftTable(text.slice(0, length), 2)).toThrow();
    }
  });
});

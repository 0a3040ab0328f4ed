import { describe, expect, test } from 'vitest';
import { type NftTableShape, perInterfaceTable, sharedDeviceTable } from './nft-scaffold.ts';
import { parseNftTable } from './nft-table.ts';
import { uploadTable } from './upload-table.ts';

type Listed = Record<string, Record<string, unknown>>;

const tableOf = (shards: number) => sharedDeviceTable('d0', shards);
const [one, two, four] = [tableOf(1), tableOf(2), tableOf(4)];

/** What nft lists for an intact table of that shape, with the elements given. */
function listing(shape: NftTableShape, elements: Record<string, unknown> = {}): Listed[] {
  const objects = shape.objects.map(({ text }, handle): Listed => {
    const kind = text.slice(0, text.indexOf(' '));
    const body = JSON.parse(text.slice(kind.length + 1)) as Record<string, unknown>;
    const constant = Array.isArray(body.elem) ? { elem: body.elem.map((entry) => JSON.parse(entry)) } : {};
    const elem = elements[String(body.name)];
    return { [kind]: { ...body, ...constant, handle, ...(elem === undefined ? {} : { elem }) } };
  });
  return [
    { metainfo: { version: '1.0.6' } },
    { table: { family: shape.family, name: 'holdfast' } },
    ...objects,
  ];
}

const json = (nftables: unknown) => JSON.stringify({ nftables });

describe('parseNftTable', () => {
  test.each([1, 2, 256])('an intact table of %d shards is intact', (shards) => {
    for (const shape of [tableOf(shards), uploadTable('d0', shards), perInterfaceTable()]) {
      expect(parseNftTable(json(listing(shape)), shape).scaffold).toEqual({ kind: 'intact' });
    }
  });

  test('the elements of the upload table are uploads', () => {
    const shape = uploadTable('d0', 4);
    const table = parseNftTable(json(listing(shape, { class4: [['10.0.0.1', '3:5']] })), shape);
    expect([...table.classOf]).toEqual([['10.0.0.1/up', '3:5/up']]);
  });

  test('the limits of devices are read in the units of nft', () => {
    const shape = perInterfaceTable();
    const limit = (val: string, rate: number, unit: string, more: object = {}) => ({
      elem: { val, limit: { rate, rate_unit: unit, per: 'second', inv: true, ...more } },
    });
    const upload = [limit('ppp0', 625_000, 'bytes'), limit('ppp1', 125, 'kbytes')];
    const table = parseNftTable(json(listing(shape, { upload })), shape);
    expect([...table.classOf]).toEqual([
      ['ppp0/up', '5Mbit'],
      ['ppp1/up', '1024Kbit'],
    ]);
    for (const foreign of ['ppp0', limit('ppp0', 1, 'bytes', { per: 'hour' }), limit('ppp0', 1, 'parsecs')]) {
      const damaged = parseNftTable(json(listing(shape, { upload: [foreign] })), shape);
      expect(damaged.scaffold.kind).toBe('damaged');
    }
  });

  test('elements are read in canonical form, with or without a comment', () => {
    const table = parseNftTable(
      json(
        listing(one, {
          restricted4: ['10.0.0.1', { elem: { val: '10.0.0.2', comment: 'x' } }],
          restricted6: ['FD00:0::1'],
          class4: [
            ['10.0.0.1', '1:5'],
            [{ elem: { val: '10.0.0.2', comment: 'x' } }, '1:6'],
          ],
        }),
      ),
      one,
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
    expect(parseNftTable(json(listing(one, elements)), one).scaffold.kind).toBe('damaged');
  });

  test.each(four.objects.map(({ name }, index) => [name, index] as const))(
    'a table without %s (%d) is damaged',
    (_name, index) => {
      const listed = listing(four).toSpliced(index + 2, 1);
      expect(parseNftTable(json(listed), four).scaffold.kind).toBe('damaged');
    },
  );

  test('rules in another order are damage', () => {
    const listed = listing(one);
    const rules = listed.filter((object) => 'rule' in object).toReversed();
    const others = listed.filter((object) => !('rule' in object));
    expect(parseNftTable(json([...others, ...rules]), one).scaffold.kind).toBe('damaged');
  });

  test.each([
    ['an interval flag', 'set', { flags: ['interval'] }],
    ['a timeout', 'set', { timeout: 60 }],
    ['another type', 'map', { type: 'ipv6_addr' }],
    ['another hook', 'chain', { hook: 'input' }],
    ['another priority', 'chain', { prio: 5 }],
    ['a counter in a rule', 'rule', { expr: [{ counter: null }] }],
  ])('%s is damage', (_what, kind, fields) => {
    const listed = listing(one);
    const index = listed.findIndex((object) => kind in object);
    const altered = listed.with(index, { [kind]: { ...listed[index]?.[kind], ...fields } });
    expect(parseNftTable(json(altered), one).scaffold.kind).toBe('damaged');
  });

  test.each(['', '{', 'null', '[]', '{}', '{"nftables":{}}', '{"nftables":[]}', '{"nftables":[1]}'])(
    'a list %j is an error',
    (text) => {
      expect(() => parseNftTable(text, one)).toThrow(expect.objectContaining({ code: 'DATAPLANE_FAILED' }));
    },
  );

  test('a list cut off at any byte is an error', () => {
    const text = json(listing(two, { restricted4: ['10.0.0.1'] }));
    for (let length = 0; length < text.length; length += 1) {
      expect(() => parseNftTable(text.slice(0, length), two)).toThrow();
    }
  });
});

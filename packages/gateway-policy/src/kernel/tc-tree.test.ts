import { describe, expect, test } from 'vitest';
import { shardBytecode } from './tc-scaffold.ts';
import { parseTcTree } from './tc-tree.ts';

const tail = 'r2q 10 default 0 direct_packets_stat 0 direct_qlen 1000';
const root = `qdisc htb 1: root refcnt 2 ${tail}`;

const shape = (shards: number) => ({ device: 'd0', shards, addressAt: 16 }) as const;

function classLine(classId: string, rate: string, place = 'root', ceil = rate): string {
  return `class htb ${classId} ${place} prio 0 rate ${rate} ceil ${ceil} burst 3200b cburst 3200b `;
}

/** What tc shows of an intact tree of two shards. */
const sharded = [
  root,
  `qdisc htb 3: parent 1:1 ${tail}`,
  `qdisc htb 4: parent 1:2 ${tail}`,
  classLine('1:1', '1Tbit', 'root leaf 3:'),
  classLine('1:2', '1Tbit', 'root leaf 4:'),
  'filter parent 1: protocol ip pref 1 u32 chain 0 ',
  'filter parent 1: protocol ip pref 1 u32 chain 0 fh 2: ht divisor 256 ',
  ...Array.from({ length: 256 }, (_, octet) => {
    const bucket = octet.toString(16);
    const fh = `fh 2:${bucket}:800 order 2048 key ht 2 bkt ${bucket} *flowid 1:${(octet % 2) + 1} not_in_hw `;
    return `filter parent 1: protocol ip pref 1 u32 chain 0 ${fh}\n  match 00000000/00000000 at 0`;
  }),
  'filter parent 1: protocol ip pref 1 u32 chain 0 fh 800: ht divisor 1 ',
  'filter parent 1: protocol ip pref 1 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 link 2: not_in_hw ',
  '  match 00000000/00000000 at 0',
  '    hash mask 000000ff at 16 ',
  'filter parent 1: protocol ipv6 pref 2 bpf chain 0 ',
  `filter parent 1: protocol ipv6 pref 2 bpf chain 0 handle 0x1 not_in_hw bytecode '${shardBytecode}'`,
];

const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;

describe('parseTcTree', () => {
  test('an intact tree is intact and its session classes are read', () => {
    const tree = parseTcTree(text([...sharded, classLine('3:1f', '5Mbit')]), shape(2));
    expect(tree.scaffold).toEqual({ kind: 'intact' });
    expect([...tree.classes]).toEqual([['3:1f', '5Mbit']]);
  });

  test('without sharding the classes of the root are the sessions', () => {
    const tree = parseTcTree(text([root, classLine('1:1', '5Mbit')]), shape(1));
    expect(tree.scaffold).toEqual({ kind: 'intact' });
    expect([...tree.classes]).toEqual([['1:1', '5Mbit']]);
  });

  test('a foreign ceiling is part of the rate', () => {
    const tree = parseTcTree(text([root, classLine('1:1', '5Mbit', 'root', '9Mbit')]), shape(1));
    expect(tree.classes.get('1:1')).toBe('5Mbit ceil 9Mbit');
  });

  test.each([
    ['nothing', ''],
    ['noqueue', 'qdisc noqueue 0: root refcnt 2 \n'],
    ['pfifo_fast', 'qdisc pfifo_fast 0: root refcnt 2 bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1\n'],
    ['mq over fq_codel', 'qdisc mq 0: root \nqdisc fq_codel 0: parent :1 limit 10240p\n'],
    ['only ingress', 'qdisc ingress ffff: parent ffff:fff1 ---------------- \n'],
  ])('%s is the kernel’s own and reads as missing', (_what, shown) => {
    expect(parseTcTree(shown, shape(4)).scaffold).toEqual({ kind: 'missing' });
  });

  test.each([
    ['another kind', 'qdisc tbf 8001: root refcnt 2 rate 1Mbit burst 5Kb lat 50ms \n'],
    ['another handle', `qdisc htb 5: root refcnt 2 ${tail}\n`],
    ['another default', `${root.replace('default 0', 'default 0x10')}\n`],
  ])('a configured root of %s is damage, and its classes are not ours', (_what, shown) => {
    const tree = parseTcTree(`${shown}${classLine('1:1', '5Mbit')}\n`, shape(1));
    expect(tree.scaffold.kind).toBe('damaged');
    expect(tree.classes.size).toBe(0);
  });

  test('each line that is lost is damage, except heads that follow from others', () => {
    const heads = [5, 6, 263, 264, 265, 267];
    for (let index = 1; index < sharded.length; index += 1) {
      const kind = parseTcTree(text(sharded.toSpliced(index, 1)), shape(2)).scaffold.kind;
      expect([index, kind]).toEqual([index, heads.includes(index) ? 'intact' : 'damaged']);
    }
  });

  test.each([
    ['a qdisc', `qdisc pfifo 777: parent 3:1 limit 10p`],
    ['a class below a class', classLine('3:2', '1Mbit', 'parent 3:1')],
    ['a class of an unknown HTB', classLine('9:1', '1Mbit')],
    ['a class of another kind', 'class tbf 9:1 parent 9: leaf 10: '],
    ['a filter', 'filter parent 1: protocol all pref 9 u32 chain 0 '],
    ['another match', '  match 00000001/000000ff at 0'],
  ])('%s that is foreign is damage', (_what, line) => {
    expect(parseTcTree(text([...sharded, line]), shape(2)).scaffold.kind).toBe('damaged');
  });

  test.each([
    ['text', 'oops\n'],
    ['a class cut short', `${root}\nclass htb 1:1 root prio 0 rate 5Mb\n`],
    ['a last line without end', `${root}\n${classLine('1:1', '5Mbit')}`],
    ['JSON', '[{"kind":"htb"}]\n'],
  ])('%s is an error, never an empty tree', (_what, shown) => {
    expect(() => parseTcTree(shown, shape(1))).toThrow(expect.objectContaining({ code: 'DATAPLANE_FAILED' }));
  });
});

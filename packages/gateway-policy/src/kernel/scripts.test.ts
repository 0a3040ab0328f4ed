import { describe, expect, test } from 'vitest';
import { fullState } from '../contract-states.ts';
import { diffState } from '../diff-state.ts';
import type { ActualState } from '../policy-state.ts';
import { refusalsOf } from './command-failure.ts';
import { perInterfaceTable, sharedDeviceTable } from './nft-scaffold.ts';
import { nftScript } from './nft-script.ts';
import { addTbfScript, removeTbfScript, takeBackTbfScript } from './tbf-script.ts';
import { addScript, removeScript, takeBackScript } from './tc-script.ts';
import { uploadTable } from './upload-table.ts';

const intact = { kind: 'intact' } as const;
const nothing = {
  restricted: new Set<string>(),
  classOf: new Map<string, string>(),
  classes: new Map<string, string>(),
};
const live = (state: Partial<ActualState>): ActualState => ({
  ...nothing,
  nft: intact,
  tc: intact,
  ...state,
});

const tables = { inet: sharedDeviceTable('d0', 4), upload: uploadTable('d0', 4) };
const trees = {
  download: { device: 'd0', shards: 4, addressAt: 16 },
  upload: { device: 'holdfast-up', shards: 4, addressAt: 12 },
} as const;

describe('nftScript', () => {
  test('of a changed class deletes before it adds, in one script', () => {
    const before = live({ ...fullState, classOf: new Map([['10.0.0.1', '3:9']]) });
    const script = nftScript(
      diffState({ ...fullState, classOf: new Map([['10.0.0.1', '3:1']]) }, before),
      tables,
    );
    expect(script).toBe(
      'delete element inet holdfast class4 {10.0.0.1}\nadd element inet holdfast class4 {10.0.0.1 : 3:1}\n',
    );
  });

  test('has few statements for many elements', () => {
    const restricted = new Set(Array.from({ length: 12_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`));
    const script = nftScript(diffState({ ...nothing, restricted }, live({})), tables);
    expect(script.split('\n')).toHaveLength(4);
  });

  test('lets no other syntax through', () => {
    const changes = diffState(
      { ...nothing, restricted: new Set(['10.0.0.1 }; flush ruleset; {']) },
      live({}),
    );
    expect(() => nftScript(changes, tables)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

describe('tc scripts', () => {
  test('let no other syntax through', () => {
    const classes = new Map([['3:1\nqdisc del dev eth0 root', '1Mbit']]);
    expect(() => addScript(diffState({ ...nothing, classes }, live({})), trees)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
    const rates = new Map([['3:1', '1Mbit\nqdisc del dev eth0 root']]);
    expect(() => addScript(diffState({ ...nothing, classes: rates }, live({})), trees)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
    expect(() => removeScript(diffState(nothing, live({ classes })), trees)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
  });

  test('take back only the lines that were applied', () => {
    const desired = {
      ...nothing,
      classes: new Map([
        ['3:1', '1Mbit'],
        ['3:2', '1Mbit'],
        ['3:3', '2Mbit'],
      ]),
    };
    const changes = diffState(desired, live({ classes: new Map([['3:3', '9Mbit']]) }));
    const now = live({ classes: desired.classes });
    expect(takeBackScript(changes, 1, now, trees)).toBe('class del dev d0 classid 3:1\n');
    expect(takeBackScript(changes, 0, now, trees)).toBe('');
    expect(takeBackScript(changes, Number.POSITIVE_INFINITY, now, trees).split('\n')).toHaveLength(4);
    expect(takeBackScript(changes, 3, now, trees)).toContain(
      'class change dev d0 parent 3: classid 3:3 htb rate 9Mbit',
    );
  });
});

describe('scripts of per-interface sessions', () => {
  const perInterface = { inet: perInterfaceTable() };
  const devices = new Map<string, null>([['ppp0', null]]);
  const actual = live({ devices });

  test('shape a device under our own handle, and limit its upload by creating', () => {
    const desired = {
      ...nothing,
      classOf: new Map([['ppp0/up', '8Mbit']]),
      classes: new Map([['ppp0', '64Kbit']]),
    };
    const changes = diffState(desired, actual);
    expect(addTbfScript(changes)).toBe(
      'qdisc add dev ppp0 root handle 4846: tbf rate 64Kbit burst 3200 limit 33200\n',
    );
    expect(nftScript(changes, perInterface)).toBe(
      'create element inet holdfast upload {"ppp0" limit rate over 1000000 bytes/second burst 65536 bytes}\n',
    );
  });

  test.each(['ppp0\nqdisc del dev eth0 root', 'a b', '', "p'"])('let no device %j through', (device) => {
    const classes = new Map([[device, '1Mbit']]);
    const asDesired = diffState({ ...nothing, classes }, live({ devices: new Map([[device, null]]) }));
    const asLive = diffState(nothing, live({ classes, devices }));
    const limits = diffState({ ...nothing, classOf: new Map([[`${device}/up`, '1Mbit']]) }, actual);
    for (const act of [
      () => addTbfScript(asDesired),
      () => removeTbfScript(asLive),
      () => nftScript(limits, perInterface),
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    }
  });

  test.each(['1Mbit\nqdisc del dev eth0 root', '1Mbit ceil 2Mbit', 'fast'])(
    'let no rate %j through',
    (rate) => {
      const changes = diffState({ ...nothing, classes: new Map([['ppp0', rate]]) }, actual);
      expect(() => addTbfScript(changes)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    },
  );

  test('take back what was not refused', () => {
    const desired = {
      ...nothing,
      classes: new Map([
        ['ppp0', '1Mbit'],
        ['ppp1', '2Mbit'],
        ['ppp2', '3Mbit'],
      ]),
    };
    const before = live({
      classes: new Map([['ppp2', '9Mbit']]),
      devices: new Map([
        ['ppp0', null],
        ['ppp1', null],
        ['ppp2', null],
      ]),
    });
    const changes = diffState(desired, before);
    expect(takeBackTbfScript(changes, new Set([2])).split('\n')).toEqual([
      'qdisc del dev ppp0 root handle 4846:',
      expect.stringContaining('qdisc change dev ppp2 root handle 4846: tbf rate 9Mbit'),
      '',
    ]);
  });
});

describe('refusalsOf', () => {
  test('tells the lines of a batch apart, and which were about a device that is gone', () => {
    const stderr = [
      'Cannot find device "ppp7"\nCommand failed -:1\n',
      'Error: Exclusivity flag on, cannot modify.\nWe have an error talking to the kernel\nCommand failed -:3\n',
      'RTNETLINK answers: No such device\nCommand failed -:4\n',
    ].join('');
    expect(refusalsOf(stderr)).toEqual([
      { line: 1, isDeviceGone: true },
      { line: 3, isDeviceGone: false },
      { line: 4, isDeviceGone: true },
    ]);
    expect(refusalsOf('tc: not found\n')).toEqual([]);
  });
});

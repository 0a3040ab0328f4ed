import { describe, expect, test } from 'vitest';
import { fullState } from '../dataplane-contract.ts';
import { diffState } from '../diff-state.ts';
import type { ActualState } from '../policy-state.ts';
import { nftScript } from './nft-script.ts';
import { addScript, removeScript, takeBackScript } from './tc-script.ts';

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

describe('nftScript', () => {
  test('of a changed class deletes before it adds, in one script', () => {
    const before = live({ ...fullState, classOf: new Map([['10.0.0.1', '3:9']]) });
    const script = nftScript(diffState({ ...fullState, classOf: new Map([['10.0.0.1', '3:1']]) }, before), 4);
    expect(script).toBe(
      'delete element inet holdfast class4 {10.0.0.1}\nadd element inet holdfast class4 {10.0.0.1 : 3:1}\n',
    );
  });

  test('has few statements for many elements', () => {
    const restricted = new Set(Array.from({ length: 12_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`));
    const script = nftScript(diffState({ ...nothing, restricted }, live({})), 1);
    expect(script.split('\n')).toHaveLength(4);
  });

  test('lets no other syntax through', () => {
    const changes = diffState(
      { ...nothing, restricted: new Set(['10.0.0.1 }; flush ruleset; {']) },
      live({}),
    );
    expect(() => nftScript(changes, 1)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

describe('tc scripts', () => {
  test('let no other syntax through', () => {
    const classes = new Map([['3:1\nqdisc del dev eth0 root', '1Mbit']]);
    expect(() => addScript(diffState({ ...nothing, classes }, live({})), 'd0', 4)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
    const rates = new Map([['3:1', '1Mbit\nqdisc del dev eth0 root']]);
    expect(() => addScript(diffState({ ...nothing, classes: rates }, live({})), 'd0', 4)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
    expect(() => removeScript(diffState(nothing, live({ classes })), 'd0')).toThrow(
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
    expect(takeBackScript(changes, 1, now, 'd0')).toBe('class del dev d0 classid 3:1\n');
    expect(takeBackScript(changes, 0, now, 'd0')).toBe('');
    expect(takeBackScript(changes, Number.POSITIVE_INFINITY, now, 'd0').split('\n')).toHaveLength(4);
    expect(takeBackScript(changes, 3, now, 'd0')).toContain(
      'class change dev d0 parent 3: classid 3:3 htb rate 9Mbit',
    );
  });
});

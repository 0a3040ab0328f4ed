/**
 * Changes as lines for `tc -batch`. Not atomic: tc stops at the first refused line and keeps what came before, so every
 * script here can be taken back line by line (`takeBackScript`).
 */
import { HoldfastError } from '@holdfast/base';
import type { Changes } from '../changes.ts';
import { type ClassId, qdiscOfClass } from '../class-id.ts';
import type { ActualState } from '../policy-state.ts';
import { parseTcRate, type RateText } from '../tc-rate.ts';
import { quantumBytes, tcScaffoldLines } from './tc-scaffold.ts';

/** Everything that must exist before nft may point at it. */
export function addScript(changes: Changes, device: string, shards: number): string {
  const { tcScaffold, classes, desired } = changes;
  const line = classLine(device);
  if (tcScaffold.kind === 'keep') {
    return script([
      ...classes.add.map(({ classId, rate }) => line('add', classId, rate)),
      ...classes.change.map(({ classId, to }) => line('change', classId, to)),
    ]);
  }
  return script([
    ...(tcScaffold.kind === 'rebuild' ? [deleteRoot(device)] : []),
    ...tcScaffoldLines(device, shards),
    ...Array.from(desired.classes, ([classId, rate]) => line('add', classId, rate)),
  ]);
}

/** Everything that nothing points at any more. */
export function removeScript(changes: Changes, device: string): string {
  return script(changes.classes.remove.map(({ classId }) => deleteClass(device, classId)));
}

/**
 * Undoes the first `applied` lines of `addScript`. A tree that was built is deleted; one that was rebuilt stays, as the old
 * one is gone. When an address points at an added class the transaction did take effect, and nothing is taken back.
 */
export function takeBackScript(changes: Changes, applied: number, live: ActualState, device: string): string {
  if (changes.classOf.set.some(({ address, to }) => live.classOf.get(address) === to)) return '';
  if (changes.tcScaffold.kind === 'rebuild') return '';
  if (changes.tcScaffold.kind === 'build')
    return live.tc.kind === 'missing' ? '' : script([deleteRoot(device)]);
  const { add, change } = changes.classes;
  const line = classLine(device);
  return script([
    ...add
      .slice(0, applied)
      .filter(({ classId }) => live.classes.has(classId))
      .map(({ classId }) => deleteClass(device, classId)),
    ...change
      .slice(0, Math.max(0, applied - add.length))
      .filter(({ classId }) => live.classes.has(classId))
      .map(({ classId, from }) => line('change', classId, from)),
  ]);
}

function deleteRoot(device: string): string {
  return `qdisc del dev ${device} root`;
}

function deleteClass(device: string, classId: ClassId): string {
  return `class del dev ${device} classid ${tcWord(classId, /^[0-9a-f]+:[0-9a-f]+$/)}`;
}

/** Writes class lines; rates repeat, so what follows from a rate is computed once. */
function classLine(device: string): (verb: 'add' | 'change', classId: ClassId, rate: RateText) => string {
  const tails = new Map<RateText, string>();
  return (verb, classId, rate) => {
    const tail = tails.get(rate) ?? rateTail(rate);
    tails.set(rate, tail);
    const id = tcWord(classId, /^[0-9a-f]+:[0-9a-f]+$/);
    return `class ${verb} dev ${device} parent ${qdiscOfClass(id)} classid ${id} htb ${tail}`;
  };
}

/** A burst of 5 ms at full rate and never under two packets: below that a timer tick costs throughput. */
function rateTail(rate: RateText): string {
  const bitsPerSecond = parseTcRate(rate);
  if (bitsPerSecond === undefined) throw notOurs(rate);
  const burst = Math.max(3_200, Math.ceil((bitsPerSecond / 8) * 0.005));
  const ceil = rate.includes(' ceil ') ? rate : `${rate} ceil ${rate}`;
  return `rate ${ceil} burst ${burst} cburst ${burst} quantum ${quantumBytes}`;
}

/** The last border before a privileged parser: whatever made the changes, no other syntax gets through. */
function tcWord(word: string, form: RegExp): string {
  if (!form.test(word)) throw notOurs(word);
  return word;
}

function notOurs(word: string): HoldfastError {
  return new HoldfastError('INTERNAL', `${JSON.stringify(word.slice(0, 80))} is not a class id or rate`);
}

function script(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/**
 * Changes as lines for `tc -batch`. Not atomic: tc stops at the first refused line and keeps what came before, so every
 * script here can be taken back line by line (`takeBackScript`).
 */
import { HoldfastError } from '@holdfast/base';
import { type Changes, keptClasses } from '../changes.ts';
import { type ClassId, qdiscOfClass } from '../class-id.ts';
import { isUpload, nameOf } from '../direction.ts';
import type { ActualState } from '../policy-state.ts';
import { parseTcRate, type RateText } from '../tc-rate.ts';
import { quantumBytes, type TcTreeShape, tcScaffoldLines } from './tc-scaffold.ts';

export interface TcTrees {
  readonly download: TcTreeShape;
  readonly upload: TcTreeShape;
}

/**
 * A tree that is built anew, with all its classes. HTB by HTB, which the kernel does a fifth faster than in the order of the
 * sessions; a second tc at the same time gained nothing, as all of them wait for the kernel's one lock.
 *
 * @param hasRoot - whether the device has a qdisc that is to be replaced
 */
export function treeScript(
  { desired }: Changes,
  direction: keyof TcTrees,
  trees: TcTrees,
  hasRoot: boolean,
): string {
  const tree = trees[direction];
  const isOfTree = (classId: ClassId) => isUpload(classId) === (direction === 'upload');
  const classes = Array.from(desired.classes).filter(([classId]) => isOfTree(classId));
  const byQdisc = Map.groupBy(classes, ([classId]) => qdiscOfClass(classId));
  const line = classLine(trees);
  return script([
    ...(hasRoot ? [deleteRoot(tree.device)] : []),
    ...tcScaffoldLines(tree),
    ...Array.from(byQdisc.values(), (ofQdisc) => ofQdisc.map(([id, rate]) => line('add', id, rate))).flat(),
  ]);
}

/** What trees that are kept need before nft may point at it. */
export function addScript(changes: Changes, trees: TcTrees): string {
  const { add, change } = keptClasses(changes);
  const line = classLine(trees);
  return script([
    ...add.map(({ classId, rate }) => line('add', classId, rate)),
    ...change.map(({ classId, to }) => line('change', classId, to)),
  ]);
}

/** Everything that nothing points at any more. */
export function removeScript(changes: Changes, trees: TcTrees): string {
  return script(keptClasses(changes).remove.map(({ classId }) => deleteClass(trees, classId)));
}

/**
 * Undoes the first `applied` lines of `addScript`, and deletes a tree that was built; one that was rebuilt stays, as the old
 * one is gone. When an address points at an added class the transaction did take effect, and nothing is taken back.
 */
export function takeBackScript(changes: Changes, applied: number, live: ActualState, trees: TcTrees): string {
  if (changes.classOf.set.some(({ address, to }) => live.classOf.get(address) === to)) return '';
  const isBuilt = changes.tcScaffold.kind === 'build' && live.tc.kind !== 'missing';
  const { add, change } = keptClasses(changes);
  const line = classLine(trees);
  return script([
    ...(isBuilt ? [deleteRoot(trees.download.device)] : []),
    ...add
      .slice(0, applied)
      .filter(({ classId }) => live.classes.has(classId))
      .map(({ classId }) => deleteClass(trees, classId)),
    ...change
      .slice(0, Math.max(0, applied - add.length))
      .filter(({ classId }) => live.classes.has(classId))
      .map(({ classId, from }) => line('change', classId, from)),
  ]);
}

function deleteRoot(device: string): string {
  return `qdisc del dev ${device} root`;
}

function deleteClass(trees: TcTrees, classId: ClassId): string {
  return `class del dev ${treeOf(trees, classId).device} classid ${idOf(classId)}`;
}

function treeOf({ download, upload }: TcTrees, classId: ClassId): TcTreeShape {
  return isUpload(classId) ? upload : download;
}

/** The id without its direction, as tc wants it. */
function idOf(classId: ClassId): string {
  return tcWord(nameOf(classId), /^[0-9a-f]+:[0-9a-f]+$/);
}

/** Writes class lines; rates repeat, so what follows from a rate is computed once. */
function classLine(trees: TcTrees): (verb: 'add' | 'change', classId: ClassId, rate: RateText) => string {
  const tails = new Map<RateText, string>();
  return (verb, classId, rate) => {
    const tail = tails.get(rate) ?? rateTail(rate);
    tails.set(rate, tail);
    const id = idOf(classId);
    return `class ${verb} dev ${treeOf(trees, classId).device} parent ${qdiscOfClass(id)} classid ${id} htb ${tail}`;
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

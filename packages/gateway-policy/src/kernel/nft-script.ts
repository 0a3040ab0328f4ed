/**
 * Changes as one nft transaction: the kernel takes all of it or nothing. Few statements with many elements each, which
 * nft reads twice as fast as one statement per element. nft 1.0.6 has no `destroy`, and refuses to add a map key that
 * exists with another value, so a value is changed by a delete and an add in the same transaction.
 */
import { HoldfastError } from '@holdfast/base';
import { type Address, familyOf } from '../address.ts';
import type { Changes } from '../changes.ts';
import type { ClassId } from '../class-id.ts';
import { nftScaffoldText } from './nft-scaffold.ts';

/** Elements of one statement. */
const chunkSize = 5_000;

/** The transaction for `changes`; a table that is created or rebuilt is replaced whole, without a window. */
export function nftScript(changes: Changes, shards: number): string {
  const { restricted, classOf, desired } = changes;
  if (changes.nftScaffold.kind !== 'keep') {
    return [
      'add table inet holdfast\ndelete table inet holdfast\n',
      nftScaffoldText(shards),
      ...statements('add', 'restricted', [...desired.restricted].map(keyOnly)),
      ...statements('add', 'class', [...desired.classOf]),
    ].join('');
  }
  const replaced = classOf.set.filter(({ from }) => from !== null);
  return [
    ...statements('delete', 'restricted', restricted.remove.map(keyOnly)),
    ...statements(
      'delete',
      'class',
      [...classOf.remove, ...replaced].map(({ address }) => keyOnly(address)),
    ),
    ...statements('add', 'restricted', restricted.add.map(keyOnly)),
    ...statements(
      'add',
      'class',
      classOf.set.map(({ address, to }) => [address, to] as const),
    ),
  ].join('');
}

type Element = readonly [address: Address, classId?: ClassId];

function keyOnly(address: Address): Element {
  return [address];
}

/** `verb element …` statements, split by address family and into chunks. */
function statements(
  verb: 'add' | 'delete',
  set: 'restricted' | 'class',
  elements: readonly Element[],
): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const texts = elements.filter(([address]) => familyOf(address) === family).map(elementText);
    const lines: string[] = [];
    for (let start = 0; start < texts.length; start += chunkSize) {
      const chunk = texts.slice(start, start + chunkSize).join(',');
      lines.push(`${verb} element inet holdfast ${set}${family} {${chunk}}\n`);
    }
    return lines;
  });
}

function elementText([address, classId]: Element): string {
  const text = classId === undefined ? address : `${address} : ${classId}`;
  // The last border before a privileged parser: whatever made the changes, no other syntax gets through.
  if (!/^[0-9a-f.:]+(?: : [0-9a-f]+:[0-9a-f]+)?$/.test(text)) {
    throw new HoldfastError(
      'INTERNAL',
      `${JSON.stringify(text.slice(0, 80))} is not an element of our table`,
    );
  }
  return text;
}

/**
 * Changes as one nft transaction: the kernel takes all of it or nothing. Few statements with many elements each, which
 * nft reads twice as fast as one statement per element. nft 1.0.6 has no `destroy`, and refuses to add a map key that
 * exists with another value, so a value is changed by a delete and an add in the same transaction.
 */
import { isIP } from 'node:net';
import { HoldfastError } from '@holdfast/base';
import { type Address, familyOf } from '../address.ts';
import type { Changes } from '../changes.ts';
import type { ClassId } from '../class-id.ts';
import { isDeviceName } from '../device-name.ts';
import { isUpload, nameOf } from '../direction.ts';
import { effectiveChanges } from '../effective-changes.ts';
import { parseTcRate, type RateText } from '../tc-rate.ts';
import type { NftTableShape } from './nft-scaffold.ts';

/** Elements of one statement. */
const chunkSize = 5_000;

export interface NftScriptTables {
  readonly inet: NftTableShape;
  /** Of a shared device. */
  readonly upload?: NftTableShape;
}

/** The transaction for `changes`; a table that is created or rebuilt is replaced whole, without a window. */
export function nftScript(changes: Changes, { inet, upload }: NftScriptTables): string {
  return [
    changes.nftScaffold.kind === 'keep' ? '' : replacement(inet),
    changes.uploadScaffold.kind === 'keep' || upload === undefined ? '' : replacement(upload),
    elementStatements(effectiveChanges(changes), 'add'),
  ].join('');
}

/** The same for a kernel that shall only judge it, before the first effect. */
export function nftCheckScript(changes: Changes, { inet, upload }: NftScriptTables): string {
  const checkable = upload?.checkText === undefined ? {} : { upload: { ...upload, text: upload.checkText } };
  return nftScript(changes, { inet, ...checkable });
}

/**
 * The same for the objects of a few sessions, each statement on condition: `create` refuses what exists, where `add` lets
 * an element pass that is there already.
 */
export function nftDeltaScript(changes: Changes): string {
  return elementStatements(changes, 'create');
}

function replacement({ family, text }: NftTableShape): string {
  return `add table ${family} holdfast\ndelete table ${family} holdfast\n${text}`;
}

function elementStatements(
  { restricted, classOf }: Pick<Changes, 'restricted' | 'classOf'>,
  put: 'add' | 'create',
): string {
  const replaced = classOf.set.filter(({ from }) => from !== null);
  const unmapped = [...classOf.remove, ...replaced].map(({ address }) => elementOf(address));
  const mapped = classOf.set.map(({ address, to }) => elementOf(address, to));
  return [
    ...statements('delete', restricted.remove.map(restrictedElement)),
    ...statements('delete', unmapped),
    ...statements(put, restricted.add.map(restrictedElement)),
    ...statements(put, mapped),
  ].join('');
}

interface Element {
  /** Where it stands, such as `inet holdfast class4`. */
  readonly set: string;
  readonly text: string;
}

function restrictedElement(address: Address): Element {
  return { set: `inet holdfast restricted${familyOf(address)}`, text: checked(address, addressForm) };
}

/** @param name - an address or the upload of one, or the upload of a device */
function elementOf(name: string, value?: string): Element {
  if (!isUpload(name)) return { set: `inet holdfast class${familyOf(name)}`, text: mapText(name, value) };
  const key = nameOf(name);
  if (isIP(key) === 0) return { set: limitSet, text: limitText(key, value) };
  const set = `netdev holdfast class${familyOf(key)}`;
  return { set, text: mapText(key, value === undefined ? value : nameOf(value)) };
}

const limitSet = 'inet holdfast upload';
const addressForm = /^[0-9a-f.:]+$/;
const classForm = /^[0-9a-f]+:[0-9a-f]+$/;

function mapText(address: Address, classId: ClassId | undefined): string {
  const key = checked(address, addressForm);
  return classId === undefined ? key : `${key} : ${checked(classId, classForm)}`;
}

/** Packets may arrive as one of 64 KB that the device has put together: it must fit into the burst. */
const burstBytes = 65_536;

function limitText(device: string, rate: RateText | undefined): string {
  if (!isDeviceName(device)) throw notOurs(device);
  if (rate === undefined) return `"${device}"`;
  const bits = parseTcRate(rate);
  if (bits === undefined) throw notOurs(rate);
  return `"${device}" limit rate over ${bits / 8} bytes/second burst ${burstBytes} bytes`;
}

/**
 * `verb element …` statements, one set after the other and in chunks. Limits are created even where others are added: nft
 * would let an element pass that is there with another limit.
 */
function statements(verb: 'add' | 'create' | 'delete', elements: readonly Element[]): string[] {
  const texts = Map.groupBy(elements, ({ set }) => set);
  return Array.from(texts, ([set, ofSet]) => {
    const lines: string[] = [];
    for (let start = 0; start < ofSet.length; start += chunkSize) {
      const chunk = ofSet.slice(start, start + chunkSize).map(({ text }) => text);
      const put = set === limitSet && verb === 'add' ? 'create' : verb;
      lines.push(`${put} element ${set} {${chunk.join(',')}}\n`);
    }
    return lines;
  }).flat();
}

/** The last border before a privileged parser: whatever made the changes, no other syntax gets through. */
function checked(word: string, form: RegExp): string {
  if (!form.test(word)) throw notOurs(word);
  return word;
}

function notOurs(word: string): HoldfastError {
  return new HoldfastError('INTERNAL', `${JSON.stringify(word.slice(0, 80))} is no element of our table`);
}

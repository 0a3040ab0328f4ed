/**
 * Reads what `nft -j list table … holdfast` prints. Text that is not exactly that (cut off, not JSON, no table in it)
 * is an error: an unreadable list is never an empty list. A readable table that differs from ours is 'damaged'.
 */
import { HoldfastError } from '@holdfast/base';
import { type Address, canonicalAddress } from '../address.ts';
import { uploadOf } from '../direction.ts';
import type { Scaffold } from '../policy-state.ts';
import { formatTcRate } from '../tc-rate.ts';
import { type NftObject, nftObject } from './nft-object.ts';
import type { NftTableShape } from './nft-scaffold.ts';

/** The sets and maps whose elements are policy. */
const elementSets = ['restricted4', 'restricted6', 'class4', 'class6', 'upload'] as const;
type ElementSet = (typeof elementSets)[number];

export interface NftTable {
  readonly scaffold: Scaffold;
  readonly restricted: ReadonlySet<Address>;
  readonly classOf: ReadonlyMap<string, string>;
}

export const missingNftTable: NftTable = {
  scaffold: { kind: 'missing' },
  restricted: new Set(),
  classOf: new Map(),
};

/** What is found in a listing while it is read. */
interface Findings {
  readonly restricted: Set<Address>;
  readonly classOf: Map<string, string>;
  /** Whether the elements are about upload: those of the table that leads there. */
  readonly isUpload: boolean;
  readonly objects: NftObject[];
  readonly damage: string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * @throws HoldfastError DATAPLANE_FAILED - the listing is malformed
 */
export function parseNftTable(json: string, shape: NftTableShape): NftTable {
  const isUpload = shape.family === 'netdev';
  const findings: Findings = { restricted: new Set(), classOf: new Map(), isUpload, objects: [], damage: [] };
  const listed = listedObjects(json);
  if (!listed.some((object) => asFields(object.table)?.name === 'holdfast')) {
    throw malformed(json, new TypeError('no table holdfast in the list'));
  }
  for (const object of listed) readObject(object, findings);
  const { restricted, classOf } = findings;
  const because = [...findings.damage, ...structuralDamage(findings.objects, shape.objects)];
  const scaffold: Scaffold = because.length === 0 ? { kind: 'intact' } : { kind: 'damaged', because };
  return { scaffold, restricted, classOf };
}

/** The objects of a listing, in its order. */
export function listedObjects(json: string): readonly Fields[] {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (cause) {
    throw malformed(json, cause);
  }
  const objects = asFields(document)?.nftables;
  if (!Array.isArray(objects)) throw malformed(json, new TypeError('no list "nftables"'));
  return objects.map((object) => {
    const fields = asFields(object);
    if (fields === undefined) throw malformed(json, new TypeError('an entry is not an object'));
    return fields;
  });
}

function readObject(object: Fields, findings: Findings): void {
  if ('metainfo' in object) return;
  const table = asFields(object.table);
  if (table !== undefined) {
    if ('flags' in table) findings.damage.push(`table has flags ${JSON.stringify(table.flags)}`);
    return;
  }
  const holder = asFields(object.set ?? object.map);
  const name = elementSets.find((set) => set === holder?.name);
  if (holder === undefined || name === undefined) {
    findings.objects.push(nftObject(object));
    return;
  }
  const { elem = [], ...rest } = holder;
  findings.objects.push(nftObject('map' in object ? { map: rest } : { set: rest }));
  readElements(name, Array.isArray(elem) ? elem : [elem], findings);
}

function readElements(name: ElementSet, elements: readonly unknown[], findings: Findings): void {
  for (const element of elements) {
    const isRead = name === 'upload' ? readLimit(element, findings) : readAddress(name, element, findings);
    if (!isRead) {
      findings.damage.push(`foreign element ${JSON.stringify(element)} in ${name}`.slice(0, 200));
    }
  }
}

function readAddress(
  name: ElementSet,
  element: unknown,
  { restricted, classOf, isUpload }: Findings,
): boolean {
  const isMap = name === 'class4' || name === 'class6';
  const [key, value] = isMap && Array.isArray(element) ? element : [element, undefined];
  const address = addressOf(key);
  if (address === undefined || isMap !== (typeof value === 'string')) return false;
  if (typeof value !== 'string') restricted.add(address);
  else if (isUpload) classOf.set(uploadOf(address), uploadOf(value));
  else classOf.set(address, value);
  return true;
}

const rateUnits = { bytes: 1, kbytes: 1_024, mbytes: 1_024 ** 2 } as const;

/** A device with its limit, in the units in which nft prints it. */
function readLimit(element: unknown, { classOf }: Findings): boolean {
  const { val, limit } = asFields(asFields(element)?.elem) ?? {};
  const { rate, rate_unit: unit, per, inv } = asFields(limit) ?? {};
  const scale = Object.entries(rateUnits).find(([name]) => name === unit)?.[1];
  if (typeof val !== 'string' || typeof rate !== 'number' || scale === undefined) return false;
  if (per !== 'second' || inv !== true) return false;
  classOf.set(uploadOf(val), formatTcRate(rate * scale * 8));
  return true;
}

/** An element with a comment or counter is listed as an object around its value. */
function addressOf(key: unknown): Address | undefined {
  const value = asFields(asFields(key)?.elem)?.val ?? key;
  return typeof value === 'string' ? canonicalAddress(value) : undefined;
}

/** Compares the listed objects with the expected ones; rules by chain and order, as their order is their meaning. */
function structuralDamage(listed: readonly NftObject[], expected: readonly NftObject[]): readonly string[] {
  const listedTexts = new Set(listed.map(({ text }) => text));
  const expectedTexts = new Set(expected.map(({ text }) => text));
  const missing = expected
    .filter(({ text }) => !listedTexts.has(text))
    .map(({ name }) => `${name} is missing`);
  const foreign = listed
    .filter(({ text }) => !expectedTexts.has(text))
    .map(({ name }) => `${name} is foreign`);
  if (missing.length > 0 || foreign.length > 0) return [...missing, ...foreign];
  const isSame = rulesOf(listed) === rulesOf(expected) && listed.length === expected.length;
  return isSame ? [] : ['rules are repeated or in another order'];
}

function rulesOf(objects: readonly NftObject[]): string {
  return objects
    .filter(({ text }) => text.startsWith('rule '))
    .map(({ name, text }) => `${name} ${text}`)
    .join('\n');
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function malformed(json: string, cause: unknown): HoldfastError {
  return new HoldfastError('DATAPLANE_FAILED', 'nft printed a list that cannot be read', {
    cause,
    details: { sizeCharacters: json.length, start: json.slice(0, 80), end: json.slice(-80) },
  });
}

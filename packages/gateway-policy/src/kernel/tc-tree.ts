/**
 * Reads what tc shows of a device with a tree: qdiscs, classes and filters in one text (iproute2 6.1 has no JSON for HTB
 * classes). A line that is not understood is an error where it could hide a class; what is understood and is not ours is
 * damage, or a class to remove.
 */
import { HoldfastError } from '@holdfast/base';
import { type ClassId, sessionMajor } from '../class-id.ts';
import type { Scaffold } from '../policy-state.ts';
import type { RateText } from '../tc-rate.ts';
import { expectedTcFacts, shardBytecode, type TcTreeShape } from './tc-scaffold.ts';

export interface TcTree {
  readonly scaffold: Scaffold;
  readonly classes: ReadonlyMap<ClassId, RateText>;
}

export const missingTcTree: TcTree = { scaffold: { kind: 'missing' }, classes: new Map() };

/**
 * Commands that print what `parseTcTree` reads. The classes are asked for HTB by HTB: for those of a whole device the kernel
 * goes through all its qdiscs anew with every buffer that it fills, one of them for each class (50 000 classes: 2.5 s in place
 * of 0.1 s). A class of an HTB that is not ours is not shown; the HTB itself is, and is damage.
 */
export function tcShowLines({ device, shards }: Pick<TcTreeShape, 'device' | 'shards'>): readonly string[] {
  return [
    `qdisc show dev ${device}`,
    ...classMajors(shards).map((major) => `class show dev ${device} parent ${major}:`),
    `filter show dev ${device}`,
  ];
}

/**
 * @throws HoldfastError DATAPLANE_FAILED - the text is cut off or is not what tc shows
 */
export function parseTcTree(text: string, { shards, addressAt }: TcTreeShape): TcTree {
  const lines = linesOf(text);
  const root = rootOf(lines);
  if (root === undefined) return missingTcTree;
  if (!isPlainHtb(root, '1:')) {
    return { scaffold: { kind: 'damaged', because: [`foreign root: ${root.trim()}`] }, classes: new Map() };
  }
  const facts = new Set<string>();
  const classes = new Map<ClassId, RateText>();
  const place = classPlaces(shards);
  for (const line of lines) {
    if (line === root) continue;
    const fact = line.startsWith('class ') ? readClass(line, place, classes) : readFact(line, addressAt);
    if (fact !== undefined) facts.add(fact);
  }
  return { scaffold: scaffoldOf(facts, expectedTcFacts(shards)), classes };
}

/** Whether the device has a root qdisc that somebody put there, as we do. */
export function hasOwnRoot(text: string): boolean {
  return rootOf(linesOf(text)) !== undefined;
}

/** Handle 0: is the kernel's own choice (noqueue, mq, the default_qdisc sysctl); no root at all is "noop". */
function rootOf(lines: readonly string[]): string | undefined {
  return lines.find((line) => /^qdisc \S+ (?!0: )\S+ root /.test(line));
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw malformed(text.slice(text.lastIndexOf('\n') + 1), 'it is cut off');
  const lines = text.slice(0, -1).split('\n');
  const stray = lines.find((line) => !/^(?:qdisc |class |filter |\s|$)/.test(line));
  if (stray !== undefined) throw malformed(stray, 'it is not what tc shows');
  return lines;
}

function isPlainHtb(line: string, handle: string): boolean {
  return line.startsWith(`qdisc htb ${handle} `) && /\sdefault (?:0x)?0\s/.test(line);
}

/** Majors of all HTBs of a tree, its root first, as hexadecimal text. */
function classMajors(shards: number): readonly string[] {
  const ofSessions = Array.from({ length: shards }, (_, shard) => sessionMajor(shard, shards).toString(16));
  return shards === 1 ? ofSessions : ['1', ...ofSessions];
}

interface ClassPlaces {
  /** Majors of the HTBs that hold session classes, as hexadecimal text. */
  readonly majors: ReadonlySet<string>;
  /** How many classes of the root carry shards; 0 without sharding. */
  readonly shardClasses: number;
}

function classPlaces(shards: number): ClassPlaces {
  const majors = Array.from({ length: shards }, (_, shard) => sessionMajor(shard, shards).toString(16));
  return { majors: new Set(majors), shardClasses: shards === 1 ? 0 : shards };
}

/** Puts a session class, ours or foreign, into `classes`; returns a fact for every other class. */
function readClass(line: string, place: ClassPlaces, classes: Map<ClassId, RateText>): string | undefined {
  const match =
    /^class htb (([0-9a-f]+):([0-9a-f]+)) (root|parent \S+) .*?\brate (\S+) (?:.*?\b)?ceil (\S+) /.exec(line);
  if (match === null) {
    if (/^class (?!htb )\S+ \S+ /.test(line)) return `foreign ${line.trim()}`;
    throw malformed(line, 'it is not an HTB class');
  }
  const [, classId = '', major = '', minor = '', parent, rate = '', ceil] = match;
  const rateText = rate === ceil ? rate : `${rate} ceil ${ceil}`;
  if (parent !== 'root') return `foreign class ${classId} below ${parent}`;
  if (major === '1' && Number.parseInt(minor, 16) <= place.shardClasses)
    return `class ${classId} at ${rateText}`;
  // A class of the root beside the shards, or in an HTB of ours, can be removed alone.
  if (major !== '1' && !place.majors.has(major)) return `foreign class ${classId}`;
  classes.set(classId, rateText);
  return undefined;
}

function readFact(line: string, addressAt: number): string | undefined {
  if (line.startsWith('qdisc ')) return readQdisc(line);
  if (line.startsWith('filter ')) return readFilter(line);
  const words = line.trim();
  if (words === '' || words === 'match 00000000/00000000 at 0') return undefined;
  return words === `hash mask 000000ff at ${addressAt}`
    ? 'filter hash of the last octet'
    : `foreign filter ${words}`;
}

function readQdisc(line: string): string | undefined {
  if (/^qdisc (?:ingress|clsact) /.test(line)) return undefined;
  const [, handle = '', parent] = /^qdisc htb (\S+) parent (\S+) /.exec(line) ?? [];
  return parent !== undefined && isPlainHtb(line, handle)
    ? `qdisc ${handle} below ${parent}`
    : `foreign ${line.trim()}`;
}

function readFilter(line: string): string | undefined {
  const words = line.trim();
  const [, bucket, target] = / u32 .*\bkey ht 2 bkt ([0-9a-f]+) \*?flowid (\S+)/.exec(words) ?? [];
  if (bucket !== undefined) return `filter octet ${bucket} to ${target}`;
  if (/ protocol ipv6 pref 2 bpf /.test(words) && words.includes(`bytecode '${shardBytecode}'`)) {
    return 'filter mark of ipv6';
  }
  // The heads of the two filters, the two hash tables, and the link, whose hash stands on a line of its own.
  const isHead = / protocol ip pref 1 u32(?: chain 0)?(?: fh (?:2|800): ht divisor \d+)?$/.test(words);
  const isLink = / protocol ip pref 1 u32 .*\bkey ht 800 bkt 0 link 2:/.test(words);
  const isBpfHead = / protocol ipv6 pref 2 bpf(?: chain 0)?$/.test(words);
  return isHead || isLink || isBpfHead ? undefined : `foreign ${words}`;
}

function scaffoldOf(facts: ReadonlySet<string>, expected: ReadonlySet<string>): Scaffold {
  const because = [
    ...Array.from(expected.difference(facts), (fact) => `missing: ${fact}`),
    ...facts.difference(expected),
  ];
  return because.length === 0 ? { kind: 'intact' } : { kind: 'damaged', because };
}

function malformed(line: string, why: string): HoldfastError {
  return new HoldfastError('DATAPLANE_FAILED', `tc printed a line that cannot be read: ${why}`, {
    details: { line: line.slice(0, 200) },
  });
}

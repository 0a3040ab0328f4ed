/**
 * Names of temporary files: `.NAME.BOOT-PIDNS-PID-START.RANDOM.holdfast-tmp`. The name alone tells who owns the file,
 * so an orphan can be proved dead without opening it, and 128 random bits keep two containers that share a pid and a
 * volume apart. A name that does not parse is nobody's: it is never swept.
 */
import { randomFillSync } from 'node:crypto';
import { ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';

const suffix = '.holdfast-tmp';
/** The digits at the end are those of the portable engine's library, which names its own temp after ours. */
const pattern = /^\..*\.([0-9a-f]{12}|none)-(\d+)-(\d+)-(\d+)\.[0-9a-f]{32}\.holdfast-tmp(?:\.\d{1,10})?$/s;

/** Bytes of the target's name that are repeated for people: the rest of the name takes at most 141 of the 255. */
const prefixBytes = 100;

const randomBytes = 16;
// Refilled once in 256 names: a call into the random generator costs more than the rest of the name.
const pool = Buffer.alloc(randomBytes * 256);
let poolOffset = pool.length;
let ownTag: string | undefined;

/** A fresh name for the temporary sibling of a file called `name`. */
export function createTempName(name: string): string {
  if (ownTag === undefined) {
    const { boot, pidNamespace, pid, startTime } = ownIdentity();
    ownTag = `${boot}-${pidNamespace}-${pid}-${startTime}`;
  }
  return `.${shorten(name)}.${ownTag}.${randomHex()}${suffix}`;
}

/** The owner that a temporary file's name carries; undefined when `name` is no such name. */
export function ownerOfTempName(name: string): ProcessIdentity | undefined {
  if (!name.includes(suffix)) return undefined;
  const [, boot, pidNamespace, pid, startTime] = pattern.exec(name) ?? [];
  if (boot === undefined || pidNamespace === undefined || startTime === undefined) return undefined;
  return { boot, pidNamespace, pid: Number(pid), startTime };
}

function shorten(name: string): string {
  if (name.length * 3 <= prefixBytes) return name;
  let short = '';
  let sizeBytes = 0;
  for (const character of name) {
    sizeBytes += Buffer.byteLength(character);
    if (sizeBytes > prefixBytes) break;
    short += character;
  }
  return short;
}

function randomHex(): string {
  if (poolOffset === pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  poolOffset += randomBytes;
  return pool.toString('hex', poolOffset - randomBytes, poolOffset);
}

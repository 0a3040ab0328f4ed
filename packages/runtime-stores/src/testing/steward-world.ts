/** A state directory with something in every store, as its processes leave it, and ways to spoil a document. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { encodeDocument } from '@holdfast/state';
import { FileCaptchaClaims } from '../captcha/file-captcha-claims.ts';
import { FileRateLimits } from '../rate-limit/file-rate-limits.ts';
import { FileSaltStore } from '../salt/file-salt-store.ts';
import { IpSalt } from '../salt/ip-salt.ts';
import type { Finding, Steward, StewardReport } from '../steward/steward.ts';
import type { AreaDocument, StoreArea } from '../steward/store-area.ts';
import { findStores, type StoresOnDisk } from '../steward/stores-on-disk.ts';
import { FileTokenFamilies } from '../token/file-token-families.ts';
import type { TokenFamily } from '../token/token-family.ts';

export const loginLimit = Object.freeze({ name: 'login', limit: 10, periodMs: 60_000, burst: 10 });

/** What a document may be found as, besides whole. */
export const spoils = {
  corrupt: (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replaceAll(/[0-9]/g, '~'), 'latin1'),
  truncated: (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2)),
  foreign: () => Buffer.from(encodeDocument(JSON.stringify({ of: 'somebody else' }), 7)),
  empty: () => Buffer.alloc(0),
} as const;
export type Spoil = keyof typeof spoils;

const moreThanAWeekMs = 169 * 3_600_000;

export class StewardWorld implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'holdfast-stores-'));
  readonly directory = join(this.home, 'stores');
  readonly runner = new LockRunner({ directory: join(this.home, 'locks'), backend: 'flock' });
  readonly limits: FileRateLimits;
  readonly claims: FileCaptchaClaims;
  readonly families: FileTokenFamilies;
  readonly salt: IpSalt;
  /** How far the clock of the stewards is ahead. */
  aheadMs = 0;
  readonly clock: Clock = { ...systemClock, wallMs: () => Date.now() + this.aheadMs };

  constructor() {
    const { runner, clock, directory } = this;
    this.limits = new FileRateLimits({ directory: join(directory, 'rate-limit'), runner, clock });
    this.claims = new FileCaptchaClaims({ directory: join(directory, 'captcha'), runner, clock });
    this.families = new FileTokenFamilies({
      directory: join(directory, 'token'),
      profile: 'panel',
      runner,
      clock,
    });
    const store = new FileSaltStore({ directory: join(directory, 'salt'), runner, clock });
    this.salt = new IpSalt({ store, clock, rememberMs: 0 });
  }

  /** A claim that is used, twice written. */
  async claim(): Promise<void> {
    const claim = { hash: 'f'.repeat(64), scope: 'login', attemptId: 'one', state: 'checking' } as const;
    await this.claims.claim(claim, 60_000);
    await this.claims.confirm(claim, 60_000);
  }

  /** Two generations of a document in each store but that of claims. */
  async fill(): Promise<void> {
    for (const cost of [1, 2]) await this.limits.take(loginLimit, 'somebody', cost);
    for (const familyId of ['a'.repeat(32), `${'a'.repeat(31)}b`])
      await this.families.add((nowMs) => family(familyId, nowMs));
    await this.families.change('a'.repeat(32), (found) => ({
      result: undefined,
      ...(found === undefined ? {} : { family: { ...found, generation: 2 } }),
    }));
    const now = this.aheadMs;
    this.aheadMs -= moreThanAWeekMs;
    await this.salt.current();
    this.aheadMs = now;
    await this.salt.rotateIfDue();
  }

  stores(): StoresOnDisk {
    const { directory, runner, clock } = this;
    return findStores({ directory, runner, clock });
  }

  readonly steward = (name: string): Steward => {
    const found = this.stores().stewards.find(({ area }) => area.name === name);
    if (found === undefined) throw new Error(`there is no area ${name}`);
    return found;
  };

  /** @param kind - a part of its path */
  async firstDocument(name: string, kind = ''): Promise<string> {
    const found = (await documentsOf(this.steward(name).area)).find(({ path }) => path.includes(kind));
    if (found === undefined) throw new Error(`${name} has no document`);
    return found.path;
  }

  /** Spoils the document, and unless `isLastGoodKept` its last good generation. @returns what it has now */
  spoil(path: string, how: Spoil, isLastGoodKept = false): Buffer {
    const bytes = spoils[how](readFileSync(path));
    writeFileSync(path, bytes);
    const lastGood = `${path}.last-good`;
    if (!isLastGoodKept && existsSync(lastGood)) writeFileSync(lastGood, bytes);
    return bytes;
  }

  /** Contents of the files in the trash. */
  evidence(): readonly Buffer[] {
    const trash = join(this.directory, '.trash');
    return readdirSync(trash, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\/old-\d+$/.test(name))
      .map((name) => readFileSync(join(trash, name)));
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true });
  }
}

export async function documentsOf(area: StoreArea): Promise<readonly AreaDocument[]> {
  return await Array.fromAsync(area.documents());
}

/** Looks and does what has to be done. */
export async function attendAll(steward: Steward): Promise<readonly StewardReport[]> {
  const findings: readonly Finding[] = await Array.fromAsync(steward.observe());
  return await steward.attend(findings, { mode: 'apply', waitMs: 2_000 });
}

export function family(familyId: string, nowMs: number): TokenFamily {
  return {
    familyId,
    profile: 'panel',
    userId: 'ana',
    deviceId: null,
    secret: 'a5'.repeat(32),
    generation: 1,
    rotatedAtMs: nowMs,
    idleExpiresAtMs: nowMs + 1_000_000,
    absoluteExpiresAtMs: nowMs + 2_000_000,
    revokedAtMs: null,
    revokedReason: null,
  };
}

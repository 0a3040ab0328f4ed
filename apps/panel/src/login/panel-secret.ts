/**
 * The secret of the panel: one line in a private file, made when it is missing and printed nowhere. Every key of the login
 * is derived from it for one purpose, so that none of them tells another.
 *
 * Several processes of one state directory may all be the first: the file appears whole, once, and everybody reads that
 * one. Who has another secret takes none of our access tokens, and none of our CAPTCHAs.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';

export type KeyPurpose = 'access-token' | 'captcha' | 'login-attempt';

const secretBytes = 32;
const keyBytes = 32;
const mostBytes = 4_096;
const usable = /^[\x21-\x7e]{32,512}$/;
/** Readable by the world; writable by anybody else. */
const forbiddenMode = 0o027;

export interface PanelSecretOptions {
  /** Whether to make one where there is none: not in a place that somebody has named. */
  readonly isMadeWhenMissing: boolean;
}

/**
 * @returns the secret that is at `path`
 * @throws HoldfastError SECRET_EXPOSED - others can read or write it
 * @throws HoldfastError CONFIG_INVALID - there is none, or what is there is no secret
 * @throws HoldfastError READ_FAILED, WRITE_FAILED - it cannot be read or made
 */
export async function openPanelSecret(
  path: string,
  { isMadeWhenMissing }: PanelSecretOptions,
): Promise<string> {
  const found = await readSecret(path);
  if (found !== undefined) return found;
  if (!isMadeWhenMissing) throw invalid(path, 'does not exist');
  await makeSecret(path);
  const made = await readSecret(path);
  if (made === undefined) throw invalid(path, 'was removed while it was made');
  return made;
}

/** 32 bytes for one purpose. */
export function deriveKey(secret: string, purpose: KeyPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `holdfast panel ${purpose}`, keyBytes));
}

async function readSecret(path: string): Promise<string | undefined> {
  try {
    // A FIFO in its place must not keep us waiting.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > mostBytes) throw invalid(path, 'is no small regular file');
    if ((stat.mode & forbiddenMode) !== 0) throw exposed(path, stat.mode);
    const secret = (await file.readFile('utf8')).replace(/\r?\n$/, '');
    if (usable.test(secret)) return secret;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    if (errno === 'ENOENT') return undefined;
    throw new HoldfastError('READ_FAILED', `${path} cannot be read (${errno})`, { cause, details: { path } });
  }
  throw invalid(path, 'is no secret of one line with 32 to 512 printable characters and no blank');
}

/** Of those who make it at once one does; it replaces nothing. */
async function makeSecret(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeDraft(draft);
    try {
      await link(draft, path);
    } finally {
      await unlink(draft);
    }
    await using directory = await open(dirname(path), constants.O_RDONLY);
    await directory.sync();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'EEXIST') return;
    throw new HoldfastError('WRITE_FAILED', `${path} cannot be made (${errno ?? 'unknown error'})`, {
      cause,
      details: { path },
    });
  }
}

async function writeDraft(path: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(`${randomBytes(secretBytes).toString('base64url')}\n`);
  await file.sync();
}

function exposed(path: string, mode: number): HoldfastError {
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  return new HoldfastError(
    'SECRET_EXPOSED',
    `others than its owner can read or write ${path} (mode ${bits})`,
    {
      details: { path, mode: bits },
    },
  );
}

function invalid(path: string, why: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `the secret file ${path} ${why}`, { details: { path } });
}

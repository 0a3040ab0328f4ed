/**
 * The secret that FreeRADIUS shows with every request: one line in a file, made when it is missing and printed nowhere.
 *
 * Several mappers of one state directory, and the command that installs the files of FreeRADIUS, may all be the first: the file
 * appears whole, once, and everybody reads that one.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { prepareDirectory } from '@holdfast/host/config';
import { readPrivateFile } from './private-file.ts';

export interface SecretPlace {
  readonly stateDirectory: string;
  /** Of `--secret-file`; it has to be there. */
  readonly secretFile: string | undefined;
}

const fileName = 'radius-mapper.secret';
const secretBytes = 32;
/** Long enough not to be guessed, and nothing that a header or a quoted text of FreeRADIUS would take for something else. */
const usable = /^[A-Za-z0-9_.~+/=-]{16,512}$/;

export function secretPath({ stateDirectory, secretFile }: SecretPlace): string {
  return secretFile ?? join(stateDirectory, fileName);
}

/**
 * Reads the secret; makes the one of the state directory when there is none.
 *
 * @throws HoldfastError SECRET_EXPOSED, READ_FAILED - as `readPrivateFile`
 * @throws HoldfastError CONFIG_INVALID - `--secret-file` names none, or what is there is no secret
 * @throws HoldfastError STATE_DIRECTORY, WRITE_FAILED - it cannot be made
 */
export function openSharedSecret(place: SecretPlace): string {
  const path = secretPath(place);
  const found = readPrivateFile(path) ?? (place.secretFile === undefined ? made(path) : undefined);
  if (found === undefined) throw invalid(path, 'does not exist');
  const secret = found.replace(/\r?\n$/, '');
  if (usable.test(secret)) return secret;
  throw invalid(path, 'is no secret of one line with 16 to 512 letters, digits or characters of -_.~+/=');
}

function made(path: string): string {
  prepareDirectory(dirname(path));
  const text = `${randomBytes(secretBytes).toString('base64url')}\n`;
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeDraft(draft, text);
    try {
      linkSync(draft, path); // unlike a rename it replaces nothing
      syncDirectory(dirname(path));
      return text;
    } finally {
      unlinkSync(draft);
    }
  } catch (cause) {
    const theirs = errnoOf(cause) === 'EEXIST' ? readPrivateFile(path) : undefined;
    if (theirs !== undefined) return theirs;
    throw new HoldfastError('WRITE_FAILED', `${path} cannot be made (${errnoOf(cause) ?? 'unknown error'})`, {
      cause,
      details: { path },
    });
  }
}

function writeDraft(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function invalid(path: string, why: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `the secret file ${path} ${why}`, { details: { path } });
}

/** Claims in files: the contract, what lies on disk, and what damage does. */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { encodeDocument } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import type { CaptchaClaim } from './captcha-claims.ts';
import { describeCaptchaClaims } from './captcha-contract.ts';
import { FileCaptchaClaims, type FileCaptchaClaimsOptions } from './file-captcha-claims.ts';

describeCaptchaClaims('files', async () => {
  const directory = await temporaryDirectory();
  return {
    open: () => claimsIn(directory.path),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
});

describe('claims in files', () => {
  let directory: TemporaryDirectory;
  let nowMs: number;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };

  beforeEach(async () => {
    directory = await temporaryDirectory();
    nowMs = Date.UTC(2026, 0, 10);
  });
  afterEach(() => directory[Symbol.asyncDispose]());

  const hour = 3_600_000;
  const open = () => claimsIn(directory.path, { clock });
  const claim = (): CaptchaClaim => ({
    hash: 'ab'.repeat(32),
    scope: 'login:web',
    attemptId: randomUUID(),
    state: 'ok',
  });

  it('stand in one private document of their shard, without their token', async () => {
    await open().claim(claim(), hour);
    const path = open().documents.pathOf(claim().hash);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(path.startsWith(join(directory.path, 'captcha'))).toBe(true);
    expect(open().documents.scopeOf(claim().hash)).toMatch(/^captcha:[0-9a-f]+$/);
  });

  it('are kept with the clock an hour back, and swept when it is right again', async () => {
    await open().claim(claim(), hour);
    nowMs -= hour;
    expect(await open().sweep()).toMatchObject({ removed: 0, kept: 1 });
    expect(await open().claim(claim(), hour)).toMatchObject({ kind: 'taken' });
    nowMs += 24 * hour;
    expect(await open().claim(claim(), hour)).toMatchObject({ kind: 'taken' });
    expect(await open().sweep()).toMatchObject({ removed: 1, kept: 0 });
    expect(await open().claim(claim(), hour)).toEqual({ kind: 'claimed' });
  });

  it.each([
    ['empty', (path: string) => truncateSync(path, 0)],
    ['truncated', (path: string) => truncateSync(path, statSync(path).size - 3)],
    ['corrupt', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('web', 'wab'))],
    ['foreign', (path: string) => writeFileSync(path, encodeDocument('{"a":1}', 3))],
  ])(
    'in a document that is %s let nobody through, and sweeps leave it to a steward',
    async (_name, damage) => {
      await open().claim(claim(), hour);
      damage(open().documents.pathOf(claim().hash));
      await expect(open().claim(claim(), hour)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      await expect(open().confirm(claim(), hour)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      expect(await open().sweep()).toMatchObject({ removed: 0, damaged: 1 });
    },
  );

  it('wait for the lock of their key as long as they are told', async () => {
    const scope = open().documents.scopeOf(claim().hash);
    const held = await new LockRunner({ directory: join(directory.path, 'locks') }).acquire(scope);
    const impatient = claimsIn(directory.path, { waitMs: 0 });
    await expect(impatient.claim(claim(), hour)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    await held.release();
    expect(await impatient.claim(claim(), hour)).toEqual({ kind: 'claimed' });
  });
});

function claimsIn(directory: string, options: Partial<FileCaptchaClaimsOptions> = {}): FileCaptchaClaims {
  const runner = new LockRunner({ directory: join(directory, 'locks') });
  return new FileCaptchaClaims({ directory: join(directory, 'captcha'), runner, ...options });
}

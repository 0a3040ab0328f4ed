/** The files of TLS, where no proxy in front ends it. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';
import type { TlsIdentity } from '@holdfast/host/http';

export interface TlsFiles {
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** Readable by the world; writable by anybody else. */
const forbiddenMode = 0o027;

/**
 * @returns undefined for plain HTTP
 * @throws HoldfastError USAGE - one is given without the other
 * @throws HoldfastError CONFIG_INVALID - a file is missing or cannot be read
 * @throws HoldfastError SECRET_EXPOSED - others can read or write the key
 */
export function readTlsFiles({ certificate, key }: TlsFiles): TlsIdentity | undefined {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new HoldfastError('USAGE', 'TLS needs both --tls-certificate and --tls-key');
  return { certificate: readText(certificate, false), key: readText(key, true) };
}

function readText(path: string, isSecret: boolean): string {
  let descriptor: number | undefined;
  try {
    // A FIFO in its place must not keep us waiting.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { mode } = fstatSync(descriptor);
    if (isSecret && (mode & forbiddenMode) !== 0) throw exposed(path, mode);
    return readFileSync(descriptor, 'utf8');
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw new HoldfastError('CONFIG_INVALID', `${path} cannot be read (${errno})`, {
      cause,
      details: { path },
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function exposed(path: string, mode: number): HoldfastError {
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  const what = `others than its owner can read or write ${path} (mode ${bits})`;
  return new HoldfastError('SECRET_EXPOSED', what, { details: { path, mode: bits } });
}

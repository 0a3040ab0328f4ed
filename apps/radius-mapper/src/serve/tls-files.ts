/** The files of TLS, where FreeRADIUS is on another machine. */
import { readFileSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';
import type { TlsIdentity } from '@holdfast/host/http';
import { readPrivateFile } from './private-file.ts';

export interface TlsFiles {
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly clientCa: string | undefined;
}

/**
 * @returns undefined for plain HTTP
 * @throws HoldfastError USAGE - one is given without the other
 * @throws HoldfastError CONFIG_INVALID, READ_FAILED - a file is missing or cannot be read
 * @throws HoldfastError SECRET_EXPOSED - others can read the key
 */
export function readTlsFiles({ certificate, key, clientCa }: TlsFiles): TlsIdentity | undefined {
  if (certificate === undefined && key === undefined && clientCa === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new HoldfastError('USAGE', 'TLS needs both --tls-certificate and --tls-key');
  const keyText = readPrivateFile(key);
  if (keyText === undefined) throw unreadable(key, undefined);
  return {
    certificate: readText(certificate),
    key: keyText,
    ...(clientCa !== undefined && { clientCa: readText(clientCa) }),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): HoldfastError {
  const why = cause === undefined ? 'ENOENT' : (errnoOf(cause) ?? 'unknown error');
  return new HoldfastError('CONFIG_INVALID', `${path} cannot be read (${why})`, { cause, details: { path } });
}

/** A certificate authority for one test, with certificates for loopback and for a client. Made by openssl(1), valid for a day. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TlsFile {
  readonly certificate: string;
  readonly key: string;
}

export interface TlsAuthority {
  /** Path of its certificate. */
  readonly path: string;
  /** Paths of a new certificate and its key, 0600. */
  issue(name: string): TlsFile;
}

/** @param directory - private; it need not exist */
export function tlsAuthority(directory: string, name = 'authority'): TlsAuthority {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const at = (file: string) => join(directory, file);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const path = at(`${name}.pem`);
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    at(`${name}.key`),
    '-out',
    path,
    '-days',
    '1',
    '-subj',
    `/CN=${name}`,
  );
  return {
    path,
    issue: (subject) => {
      const [key, request, certificate, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) =>
        at(`${subject}.${end}`),
      );
      if (key === undefined || request === undefined || certificate === undefined || extensions === undefined)
        throw new Error('a path is missing');
      openssl('req', '-new', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${subject}`);
      writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\n');
      const signer = ['-CA', path, '-CAkey', at(`${name}.key`), '-CAcreateserial', '-days', '1'];
      openssl('x509', '-req', '-in', request, ...signer, '-extfile', extensions, '-out', certificate);
      return { certificate, key };
    },
  };
}

/** What is in the files. */
export function tlsTexts({ certificate, key }: TlsFile): TlsFile {
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
}

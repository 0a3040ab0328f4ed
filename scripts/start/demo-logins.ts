/**
 * The data of the demo, and what people and devices log in with: made at random at the first run, and kept in the state
 * directory for its owner alone. Truth has hashes of it, so what is lost is made anew.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runBin } from './run-bin.ts';
import type { Client } from './traffic/client-session.ts';

export interface DemoLogins {
  readonly customers: readonly Login[];
  readonly clients: readonly Client[];
  readonly claimTokens: readonly string[];
}

export interface Login {
  readonly email: string;
  readonly password: string;
}

export interface SeedOptions {
  readonly stateDir: string;
  readonly device: string;
  /** `ADDRESS:PORT` of the NAS that admits the clients; undefined when hooks report them. */
  readonly nas: string | undefined;
  readonly signal: AbortSignal;
}

export interface Seeded {
  readonly isNew: boolean;
  /** Signs what the NAS is asked for; undefined without one. */
  readonly nasSecret: string | undefined;
  readonly logins: DemoLogins;
}

const adminEmail = 'admin@example.com';

/** @returns the exit status of what has failed, if something has */
export async function seedDemo({ stateDir, device, nas, signal }: SeedOptions): Promise<Seeded | number> {
  const path = join(stateDir, 'demo', 'logins.json');
  const seed = async (more: readonly string[]) => {
    const words = ['db', 'seed', '--json', '--state-dir', stateDir, '--device', device, ...more];
    const { status, stdout } = await runBin('holdfast', words, { signal, isCaptured: true });
    if (status === 0) return JSON.parse(stdout) as SeedDocument;
    process.stderr.write(stdout);
    return status;
  };
  const admission = nas === undefined ? [] : ['--nas', nas];
  const kept = readKept<DemoLogins>(path);
  const first = await seed(kept === undefined ? ['--new-logins', ...admission] : admission);
  if (typeof first === 'number') return first;
  // Truth is new and the file is that of another one.
  const isStale = kept !== undefined && first.isSeeded;
  const last = isStale ? await seed(['--new-logins', ...admission]) : first;
  if (typeof last === 'number') return last;
  const { nasSecret, logins = kept } = last;
  if (logins === undefined) throw new Error('db seed has told no logins');
  if (last.logins !== undefined) await keep(path, logins);
  return { isNew: first.isSeeded, nasSecret, logins };
}

interface SeedDocument {
  readonly isSeeded: boolean;
  readonly nasSecret?: string;
  readonly logins?: DemoLogins;
}

/** @returns the exit status of what has failed, if something has */
export async function demoAdmin(
  stateDir: string,
  isNew: boolean,
  signal: AbortSignal,
): Promise<Login | number> {
  const path = join(stateDir, 'demo', 'admin.json');
  const kept = readKept<Login>(path);
  if (kept !== undefined && !isNew) return kept;
  const login = { email: adminEmail, password: randomBytes(12).toString('base64url') };
  const run = (words: readonly string[], input = '') =>
    runBin('vpn-panel', ['admin', ...words, '--state-dir', stateDir], { signal, input, isCaptured: true });
  // Nobody knows the password of one whose run has died before it was kept: that one gets another.
  const known = isNew ? undefined : await run(['list', '--json']);
  const verb = known?.stdout.includes(JSON.stringify(adminEmail)) === true ? 'password' : 'create';
  const { status } = await run([verb, adminEmail, '--password-file', '-'], `${login.password}\n`);
  if (status !== 0) return status;
  await keep(path, login);
  return login;
}

function readKept<Document>(path: string): Document | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Document) : undefined;
}

async function keep(path: string, document: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

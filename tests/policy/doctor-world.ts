/** Asking `holdfast doctor`, and what is wrong where it is asked. */
import { spawnSync } from 'node:child_process';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { ownIdentity } from '@holdfast/base/process-identity';
import { LockRunner } from '@holdfast/lock-runner';
import { StateReader } from '@holdfast/state';
import { expect } from 'vitest';
import { gateway, type PolicyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';

interface Finding {
  readonly verdict: string;
  readonly found: string;
  readonly hint?: string;
}

interface Examined {
  readonly status: number | null;
  /** By check. */
  readonly verdicts: Readonly<Record<string, string>>;
  /** Of all checks together. */
  readonly findings: readonly Finding[];
  readonly code: string | undefined;
  readonly stdout: string;
}

export interface Examining {
  readonly only?: string;
  readonly runtime?: keyof typeof runtimes;
  /** What the command is started through. */
  readonly through?: (command: readonly string[]) => readonly [string, readonly string[]];
}

export async function examine(flags: readonly string[], options: Examining = {}): Promise<Examined> {
  const { only, runtime = 'node', through } = options;
  const chosen = only === undefined ? [] : ['--only', only];
  const command = [runtimes[runtime], bins.holdfast, 'doctor', ...flags, ...chosen, '--json'];
  const [program = '', ...args] = command;
  const { status, stdout, stderr } = await runProcess(...(through?.(command) ?? [program, args]));
  expect(stderr).toBe('');
  const document = JSON.parse(stdout) as {
    readonly checks?: readonly { name: string; verdict: string; findings: readonly Finding[] }[];
    readonly error?: { readonly code: string };
  };
  const checks = document.checks ?? [];
  const findings = checks.flatMap((check) => check.findings);
  const helpless = findings.filter(
    ({ verdict, hint }) => (verdict === 'warn' || verdict === 'fail') && !hint,
  );
  expect(helpless).toEqual([]);
  return {
    status,
    verdicts: Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict])),
    findings,
    code: document.error?.code,
    stdout,
  };
}

/** All of a directory, with sizes and times: what a look must not change. */
export function listing(directory: string): string {
  return spawnSync('find', [directory, '-printf', '%p %s %m %T@\n'], { encoding: 'utf8' }).stdout;
}

/** Runs a command in a mount namespace that a script has changed; `$1` is the directory. */
export function inMounts(script: string, directory: string): NonNullable<Examining['through']> {
  const whole = `${script} && shift && exec "$@"`;
  return (command) => ['unshare', ['-m', 'sh', '-c', whole, 'sh', directory, ...command]];
}

/** With a directory of its own for temporary files. */
export function scratchIn(directory: string): NonNullable<Examining['through']> {
  return (command) => ['env', [`TMPDIR=${directory}`, ...command]];
}

export async function putOldEvent(stateDir: string, at: number): Promise<void> {
  const spool = join(stateDir, 'spool');
  await mkdir(join(spool, 'refused'), { recursive: true, mode: 0o700 });
  await writeFile(join(spool, 'old.event'), 'kind=up\n');
  await utimes(join(spool, 'old.event'), at / 1_000, at / 1_000);
  await writeFile(join(spool, 'refused', 'bad.event'), '');
}

/** A temporary file of a process that was there before this one had its id. */
export function orphanName(): string {
  const { boot, pidNamespace, pid } = ownIdentity();
  return `.gw1.json.${boot}-${pidNamespace}-${pid}-1.${'0a'.repeat(16)}.holdfast-tmp`;
}

/** As a run that is killed leaves it. */
export async function leaveIntent(world: PolicyWorld): Promise<void> {
  const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
  await runner.run(`policy:${gateway}`, {}, async (held) => {
    const intent = new StateReader({
      scope: `policy:${gateway}`,
      validator: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } },
      writer: new AtomicWriter(),
    });
    const path = join(world.stateDir, 'runs', `${gateway}.intent.json`);
    const document = { covers: 1, pid: 1, startedAt: new Date().toISOString() };
    await intent.update(path, held, () => document);
  });
  await runner.close();
}

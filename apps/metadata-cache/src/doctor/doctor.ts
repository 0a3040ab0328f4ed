/** `metadata-cache doctor` */
import { join } from 'node:path';
import { systemClock } from '@holdfast/base';
import { answer, createWaitFeedback } from '@holdfast/host/cli';
import { LockRunner } from '@holdfast/lock-runner';
import { cacheDirectoryOf } from '../cache-place.ts';
import { doctorSettings } from './doctor-command.ts';
import { failureOf } from './finding.ts';
import { lookAround } from './look-around.ts';

/** @returns the exit status */
export async function doctor(flags: Readonly<Record<string, string>>): Promise<number> {
  return await answer(doctorSettings, { flags }, async (settings) => {
    const { stateDirectory, lockBackend, maxAge } = settings;
    // Nobody waits, but that locks are kept in a weaker way than wanted has to be known.
    const observer = createWaitFeedback({
      progress: 'none',
      stream: process.stderr,
      limitName: '',
      now: () => 0,
    });
    const findings = await lookAround({
      directory: cacheDirectoryOf(stateDirectory),
      runner: new LockRunner({
        directory: join(stateDirectory, 'locks'),
        backend: lockBackend.value,
        observer,
      }),
      wallMs: systemClock.wallMs(),
      maxAgeMs: maxAge.value,
    });
    const failure = failureOf(findings);
    const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
    const lines = findings.flatMap(({ name, verdict, found, hint }) => {
      const line = `${verdict.padEnd(6)}${name.padEnd(width)}${found}`;
      return hint === undefined ? [line] : [line, `${' '.repeat(6 + width)}-> ${hint}`];
    });
    const outcome = failure === undefined ? 'usable' : 'unusable';
    const found = { document: { outcome, findings }, lines };
    return failure === undefined ? found : { ...found, failure };
  });
}

/** Death is proved or it is not: only a missing, reused or unreaped pid of this boot and namespace is dead. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { livenessOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const startTimeOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')[19] ?? '';

describe('livenessOf', () => {
  const own = ownIdentity();

  it('finds this process alive', () => {
    expect(own.pid).toBe(process.pid);
    expect(own.startTime).toBe(startTimeOf(process.pid));
    expect(livenessOf(own)).toBe('alive');
  });

  it('finds a killed and reaped child dead', async () => {
    const child = spawn('/bin/sleep', ['600'], { env: {}, stdio: 'ignore' });
    const identity: ProcessIdentity = { ...own, pid: child.pid ?? 0, startTime: startTimeOf(child.pid ?? 0) };
    expect(livenessOf(identity)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf(identity)).toBe('dead');
  });

  it('finds a child dead that its parent has not reaped', async () => {
    // The shell becomes a program that never waits for the child it inherits; the child ends only after that.
    const script = 'sleep 600 & echo $!; exec sleep 600';
    const parent = spawn('/bin/sh', ['-c', script], {
      env: { PATH: '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const reaches = async (pid: number, state: string) => {
      while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(state)) await new Promise(setImmediate);
    };
    try {
      const [said] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(said));
      const identity: ProcessIdentity = { ...own, pid, startTime: startTimeOf(pid) };
      await reaches(parent.pid ?? 0, '(sleep)');
      process.kill(pid, 'SIGKILL');
      await reaches(pid, ') Z ');
      expect(livenessOf(identity)).toBe('dead');
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });

  it('finds the owner of a reused pid dead', () => {
    expect(livenessOf({ ...own, startTime: String(Number(own.startTime) - 1) })).toBe('dead');
  });

  it.each([
    ['boot', { boot: '000000000000' }],
    ['pid namespace', { pidNamespace: '1' }],
  ])('cannot tell about another %s, whatever the pid', (_what, other) => {
    expect(livenessOf({ ...own, ...other })).toBe('unknown');
    expect(livenessOf({ ...own, ...other, pid: 2 ** 22 + 1 })).toBe('unknown');
  });

  it.each([0, -1, Number.NaN, 1.5])('takes no pid for dead that cannot be one: %d', (pid) => {
    expect(livenessOf({ ...own, pid })).toBe('unknown');
  });
});

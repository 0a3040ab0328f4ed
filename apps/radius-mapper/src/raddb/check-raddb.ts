/** Whether FreeRADIUS takes a configuration: its own check, where it is installed. */
import { spawnSync } from 'node:child_process';
import { errnoOf } from '@holdfast/base';

export type RaddbCheck =
  | { readonly kind: 'taken' }
  | { readonly kind: 'skipped'; readonly because: string }
  /** With what it said last. */
  | { readonly kind: 'refused'; readonly said: readonly string[] };

const timeoutMs = 30_000;
const lastLines = 8;
/** Debian has it where only root's PATH leads. */
const path = '/usr/sbin:/usr/bin:/sbin:/bin';

/** @param directory - a raddb directory; nothing is bound or started */
export function checkRaddb(directory: string): RaddbCheck {
  const { error, status, stdout, stderr } = spawnSync('freeradius', ['-C', '-l', 'stdout', '-d', directory], {
    encoding: 'utf8',
    env: { PATH: path, LC_ALL: 'C.UTF-8' },
    timeout: timeoutMs,
  });
  if (error !== undefined) {
    const isMissing = errnoOf(error) === 'ENOENT';
    return { kind: 'skipped', because: isMissing ? 'freeradius is not installed here' : error.message };
  }
  if (status === 0) return { kind: 'taken' };
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return { kind: 'refused', said: lines.slice(-lastLines) };
}

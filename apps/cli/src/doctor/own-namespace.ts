/**
 * A network namespace for a trial, with a pair of devices: made by unshare(1), in a user namespace of its own where this
 * user may make none otherwise, and gone with the process that keeps it, which ends when we do.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { toolPath } from './run-tool.ts';

export interface OwnNamespace extends AsyncDisposable {
  /** As `--netns` takes it. */
  readonly netns: string;
  readonly devices: readonly [string, string];
}

/** Nothing of it is data. It answers when all is made, and ends with its stdin. */
const script = 'ip link add d0 type veth peer name p0 && ip link set d0 up && ip link set p0 up && exec cat';

const ways: readonly (readonly string[])[] = [['--net'], ['--user', '--map-root-user', '--net']];

/** @returns why there can be none, when there can be none */
export async function ownNamespace(signal: AbortSignal): Promise<OwnNamespace | string> {
  const reasons: string[] = [];
  for (const way of ways) {
    const made = await tryWay(way, signal);
    if (typeof made !== 'string') return made;
    reasons.push(made);
  }
  return reasons.join('; ');
}

async function tryWay(way: readonly string[], signal: AbortSignal): Promise<OwnNamespace | string> {
  const child = spawn('unshare', [...way, 'sh', '-c', script], {
    env: { PATH: toolPath, LC_ALL: 'C' },
    stdio: 'pipe',
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  child.stdin.on('error', () => undefined); // its complaint says why it has ended
  const ended = Promise.race([once(child, 'close'), once(child, 'error')]).then(nothing, nothing);
  child.stdin.write('made\n');
  const said = await Promise.race([once(child.stdout, 'data', { signal }), ended]).catch(nothing);
  if (said === undefined || child.pid === undefined) {
    await end(child, ended);
    return complaint.trim().split('\n', 1)[0] || 'unshare cannot be run';
  }
  return {
    netns: `pid:${child.pid}`,
    devices: ['d0', 'p0'],
    [Symbol.asyncDispose]: () => end(child, ended),
  };
}

const nothing = () => undefined;

async function end(child: ChildProcessWithoutNullStreams, ended: Promise<unknown>): Promise<void> {
  child.stdin.end();
  child.kill('SIGKILL');
  await ended;
}

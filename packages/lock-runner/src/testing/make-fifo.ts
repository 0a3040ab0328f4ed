import { spawnSync } from 'node:child_process';

/** There is no call for it in Node. */
export function makeFifo(path: string): void {
  const { status } = spawnSync('mkfifo', [path], { env: { PATH: '/usr/bin:/bin' } });
  if (status !== 0) throw new Error(`mkfifo ended with ${status}`);
}

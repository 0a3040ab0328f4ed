/**
 * Preloaded into every Node of a call: gives each worker of `lock verify` a mount namespace of its own, with an empty tmpfs over the
 * lock directory, so that no two of them can exclude each other. The log of holds stays shared.
 */
import { spawnSync } from 'node:child_process';

const [, script = '', ...words] = process.argv;
if (words.includes('verify-worker') && process.env.SPLIT_MOUNTS !== 'done') {
  const { directory } = JSON.parse(words.at(-1) ?? '');
  const inside = 'mount -t tmpfs -o mode=0700 tmpfs "$0" && exec "$@"';
  const command = ['unshare', '--mount', 'sh', '-c', inside, directory, process.execPath, script, ...words];
  const { status } = spawnSync('/usr/bin/env', command, {
    stdio: 'inherit',
    env: { ...process.env, SPLIT_MOUNTS: 'done' },
  });
  process.exit(status ?? 70);
}

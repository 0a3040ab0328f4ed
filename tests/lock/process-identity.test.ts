/**
 * Proof of death where the facts in /proc mean something else: a mount of an outer pid namespace shows other pids than our
 * own, a time namespace other start times. Neither may prove anything.
 */
import { livenessOf, ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { repository, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';

interface Inside {
  readonly identity: ProcessIdentity;
  /** Whether we live, as it sees it. */
  readonly ourLiveness: string;
}

async function askInside(runtime: keyof typeof runtimes, namespaces: readonly string[]): Promise<Inside> {
  const code = `
    import { livenessOf, ownIdentity } from '@holdfast/base/process-identity';
    const ourLiveness = livenessOf(${JSON.stringify(ownIdentity())});
    console.log(JSON.stringify({ identity: ownIdentity(), ourLiveness }));`;
  const command = [...namespaces, '--fork', runtimes[runtime], '--conditions=@holdfast/source', '-e', code];
  const { stdout } = await runProcess('/usr/bin/unshare', command, { cwd: `${repository}/tests` });
  return JSON.parse(stdout) as Inside;
}

describe.skipIf(isMissing('root', 'unshare')).each(['node', 'bun'] as const)(
  'the identity of a process on %s',
  (runtime) => {
    it('proves nothing in a time namespace, nor about it', async () => {
      const { identity, ourLiveness } = await askInside(runtime, ['--time', '--boottime', '1000']);
      expect(ourLiveness).toBe('unknown');
      expect(livenessOf(identity)).toBe('unknown');
    });

    it('proves nothing among those of a pid namespace that see the outer /proc', async () => {
      const { identity, ourLiveness } = await askInside(runtime, ['--pid']);
      expect(ourLiveness).toBe('unknown');
      expect(identity.boot).toBe('none'); // which is never compared
    });

    it('is whole in a pid namespace with a /proc of its own', async () => {
      const { identity } = await askInside(runtime, ['--pid', '--mount-proc']);
      expect(identity.boot).toBe(ownIdentity().boot);
      expect(identity.startTime).not.toBe('0');
    });
  },
);

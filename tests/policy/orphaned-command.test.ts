/** A command that outlives its killed parent keeps the gateway locked until it has ended: two writers never overlap. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import { describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, policyWorld } from '../support/policy-world.ts';
import { repository, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe.skipIf(isMissing('root', 'nft')).each(['node', 'bun'] as const)('a writing tc on %s', (runtime) => {
  it('holds the lock when its parent is killed, and gives it back when it ends', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(1, 1_000);
    await using gate = await temporaryDirectory();
    const tc = await slowTc(gate.path);
    const fixture = join(repository, 'tests/policy/fixtures/write-with.ts');
    const args = [...childProgram(fixture), world.stateDir, world.lab?.netns ?? '', tc];
    const { child, finished } = startProcess(runtimes[runtime], args);

    await readFile(join(gate.path, 'started')); // a FIFO: opens when tc has begun to write
    child.kill('SIGKILL');
    const { signal } = await Promise.race([finished, exitOf(child)]);
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
    const whileItWrites = await runner
      .run(`policy:${gateway}`, { waitMs: 0 }, () => 'granted')
      .catch((error: { code: string }) => error.code);
    const next = world.run('apply');
    await writeFile(join(gate.path, 'go'), ''); // lets tc end
    const { status, report } = await next;

    expect({ signal, whileItWrites }).toEqual({ signal: 'SIGKILL', whileItWrites: 'LOCK_BUSY' });
    expect({ status, rolledForward: report.rolledForward }).toEqual({ status: 0, rolledForward: true });
  });
});

/** A tc that says by a FIFO that it writes, and goes on when another FIFO says so. */
async function slowTc(directory: string): Promise<string> {
  const path = join(directory, 'tc');
  const { finished } = startProcess('mkfifo', [join(directory, 'started'), join(directory, 'go')]);
  await finished;
  await writeFile(
    path,
    `#!/bin/sh
script=$(cat)
case "$script" in
*"class add"*) echo > '${directory}/started'; cat '${directory}/go' ;;
esac
printf '%s\\n' "$script" | exec /usr/sbin/tc "$@"
`,
  );
  await chmod(path, 0o755);
  return path;
}

function exitOf(child: { once(event: 'exit', listener: (code: null, signal: string) => void): unknown }) {
  return new Promise<{ readonly signal: string }>((resolve) => {
    child.once('exit', (_code, signal) => resolve({ signal }));
  });
}

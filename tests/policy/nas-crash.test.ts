/** A run that dies between what a NAS has acknowledged and the storing of it: one request more, and nothing else. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { nasWorld } from '../support/nas-world.ts';
import { repository, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const fixture = join(repository, 'tests/policy/fixtures/notify-then-die.ts');

describe.each(['node', 'bun'] as const)('a run on %s', (runtime) => {
  it('that was killed after an answer asks once more, and then never again', async () => {
    await using directory = await temporaryDirectory();
    const url = `sqlite:${join(directory.path, 'truth.sqlite')}`;
    await using w = await nasWorld({ url });
    const id = await w.connect(1);
    await w.restrict(id);
    const dead = await runProcess(runtimes[runtime], [...childProgram(fixture), url]);
    expect(dead, dead.stderr).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    expect([w.requests(), (await w.lock(id)).nas_applied]).toEqual([1, null]);
    expect(await w.notify()).toMatchObject({ sent: 1, acked: 1 });
    expect(await w.notify()).toMatchObject({ sent: 0 });
    expect(w.requests()).toBe(2);
    expect((await w.lock(id)).nas_applied).toMatch(/^[0-9a-f]{64}$/);
    const [double] = w.doubles;
    const told = double?.requests.map(({ attributes }) => attributes['11']?.toString());
    expect(told).toEqual(['holdfast-restricted', 'holdfast-restricted']);
  });
});

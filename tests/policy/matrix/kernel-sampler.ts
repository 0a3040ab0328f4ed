/** Starts `sampler.ts` beside a test of the real kernel, and tells what it has seen. */
import { once } from 'node:events';
import { join } from 'node:path';
import { isSoak } from '../../support/counts.ts';
import { labDevice } from '../../support/network-lab.ts';
import { repository, runtimes } from '../../support/repository.ts';
import { startProcess } from '../../support/run-process.ts';

export interface Sampled {
  readonly looks: number;
  /** Looks that prove nothing, because another run began to write during them. */
  readonly undecided: number;
  /** Elements that were seen in all looks together. */
  readonly pointers: number;
  /** What pointed to a class that was missing. */
  readonly missing: readonly string[];
}

export interface KernelSampler extends AsyncDisposable {
  /** Ends it. */
  seen(): Promise<Sampled>;
}

export async function sampleKernel(place: {
  readonly stateDir: string;
  readonly netns: string;
}): Promise<KernelSampler> {
  const file = join(repository, 'tests/policy/matrix/sampler.ts');
  const args = [file, place.netns, labDevice, join(place.stateDir, 'locks')];
  const { child, finished } = startProcess(runtimes.node, args, {
    isInputOpen: true,
    guardMs: isSoak ? 86_400_000 : 3_600_000,
  });
  if (child.stdout === null) throw new Error('a sampler has a stdout');
  await Promise.race([once(child.stdout, 'data'), finished]);
  const end = async () => {
    child.stdin?.end();
    const { status, stdout, stderr } = await finished;
    if (status !== 0) throw new Error(`the sampler has ended with ${status}: ${stderr}`);
    return JSON.parse(stdout.replace('ready\n', '')) as Sampled;
  };
  let ended: Promise<Sampled> | undefined;
  const seen = () => {
    ended ??= end();
    return ended;
  };
  return {
    seen,
    [Symbol.asyncDispose]: async () => {
      await seen();
    },
  };
}

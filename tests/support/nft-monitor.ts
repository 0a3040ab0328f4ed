/** Listens to every transaction inside a lab, so that "nothing was written" can be proved and not only assumed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Lab } from './network-lab.ts';

export interface NftMonitor extends AsyncDisposable {
  /** The transactions since the last call that our table was part of, as lines of nft. */
  heard(): Promise<readonly string[]>;
}

export async function monitorNft(lab: Lab): Promise<NftMonitor> {
  const child = spawn('nsenter', [`--net=/run/netns/${lab.netns}`, 'nft', 'monitor'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    text += chunk;
  });
  let markers = 0;
  // A marker of our own is heard after everything before it: silence up to there is silence, however slow the machine.
  const untilMarker = async (patience: number): Promise<string | undefined> => {
    const name = `marker${++markers}`;
    lab.script('nft', `add table inet ${name}`);
    const mark = new RegExp(`add table inet ${name}\\n# new generation .*\\n`);
    for (let waits = 0; waits < patience && !mark.test(text); waits += 1) {
      await Promise.race([once(child.stdout, 'data'), new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    const match = mark.exec(text);
    if (match === null) return undefined;
    const before = text.slice(0, match.index);
    text = text.slice(match.index + match[0].length);
    return before;
  };
  await untilReady(child, () => untilMarker(4));
  return {
    heard: async () => {
      const before = await untilMarker(200);
      if (before === undefined) throw new Error('the monitor has gone deaf');
      return before.split('\n').filter((line) => line !== '');
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilReady(child: ChildProcess, marked: () => Promise<string | undefined>): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await marked()) !== undefined) return;
  }
  child.kill('SIGKILL');
  throw new Error('nft monitor hears nothing');
}

/** One process that refreshes and kills itself: `refresh-child.ts STATE_DIR URL step NAME` or `… call NAME` (of the file port). */
import { flushCompileCache } from 'node:module';
import { watchedPort } from '../atomic/watched-calls.ts';
import { ownRefresh } from './own-refresh.ts';

const [stateDir = '', url = '', kind = '', name = ''] = process.argv.slice(2);

flushCompileCache(); // whoever is killed writes none
const die = (reached: string): void => {
  if (reached === name) process.kill(process.pid, 'SIGKILL');
};
const { report } = await ownRefresh(
  kind === 'step' ? { stateDir, url, onStep: die } : { stateDir, url, fs: watchedPort(die) },
);
process.stdout.write(JSON.stringify(report));

/**
 * Keeps the demo to itself: settings that are meant for the gateway of this machine, and with them its database, must not
 * reach our commands. Those are variables, and the file in /etc/holdfast, which one in the state directory goes before.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Our environment without what would set something. */
export const ownEnvironment: Readonly<NodeJS.ProcessEnv> = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')),
);

/** Leaves a file that somebody has put there as it is. */
export async function keepToOwnConfiguration(stateDir: string): Promise<void> {
  try {
    await writeFile(join(stateDir, 'holdfast.config.json'), '{}\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

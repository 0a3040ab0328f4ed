/** What hooks have told and nobody has taken yet, and what was refused. */
import { join } from 'node:path';
import { readSpoolStanding } from '@holdfast/gateway-policy/explain';
import { lengthOf } from '@holdfast/host/cli';
import { type Check, ok, unlessFailed, unusable, warn } from '../check.ts';

export const spoolCheck: Check = {
  name: 'spool',
  describe: 'no event of a hook waits for long, none was refused',
  run: ({ stateDir, settings }) =>
    unlessFailed(async () => {
      const directory = join(stateDir, 'spool');
      const { waiting, oldestMs = Date.now(), strangers, refused } = await readSpoolStanding(directory);
      const ageMs = Math.max(0, Date.now() - oldestMs);
      const backlog = `${waiting} events wait${waiting === 0 ? '' : `, the oldest for ${lengthOf(ageMs)}`}`;
      const isStuck = waiting > 0 && ageMs > settings.triggerAge.value;
      const [stranger] = strangers;
      return [
        isStuck
          ? unusable(backlog, 'Nobody takes them: start vpn-policy-reconcile --watch, or its path unit.')
          : ok(backlog),
        ...(stranger === undefined
          ? []
          : [
              warn(
                `${strangers.length} files are no events of ours (${stranger.name}: ${stranger.because})`,
                `Find who writes into ${directory}.`,
              ),
            ]),
        ...(refused === 0
          ? []
          : [
              warn(
                `${refused} files were refused`,
                `Look at ${join(directory, 'refused')}: a defect of a hook, or an attack; then remove them.`,
              ),
            ]),
      ];
    }),
};

/** What a lock costs when nobody else wants it, and how well it is shared when eight processes do. */
import type { Bench } from '../bench.ts';
import { contended } from './contended.ts';
import { serverLocks } from './server-locks.ts';
import { uncontended } from './uncontended.ts';

const local = { peer: 'flock(2)', subject: 'holdfast' } as const;

export const lockBench: Bench = {
  name: 'lock',
  describe:
    'runner.run beside flock(2) through the same FFI, proper-lockfile, Redis and GET_LOCK, alone and among 8 processes',
  run: async (context) => {
    context.tell('uncontended');
    const kinds = ['holdfast', 'flock(2)', 'proper-lockfile'] as const;
    const figures = [
      ...(await uncontended(context)),
      ...(await contended(context, { ...local, holdMicros: 250, kinds: [...kinds, 'flock(1)'] })),
      ...(await contended(context, { ...local, holdMicros: 5_000, kinds })),
      ...(await serverLocks(context)),
    ];
    return {
      kind: 'measured',
      figures,
      notes: [
        'Uncontended: default options, one call after the other; bare calls are open, flock, unlock, close.',
        'Contended: busy holds, one turn of the event loop between two; flock(2) blocks its thread on one open descriptor;',
        'proper-lockfile retries after 1 to 50 ms; flock(1) is one command per lock.',
        'Servers listen on a socket of this machine. SET NX has a token, is tried again after 1 to 10 ms and deleted by a script.',
      ],
    };
  },
};

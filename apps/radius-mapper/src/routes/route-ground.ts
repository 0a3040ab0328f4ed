/** What the routes of a mapper have in common: the queues in which requests wait for truth. */
import { BatchQueue } from '../login/batch-queue.ts';
import { runLogins } from '../login/run-logins.ts';
import { runLookUps } from '../login/run-look-ups.ts';
import { WithdrawnRequests } from '../login/withdrawn-requests.ts';
import type { Mapper } from '../mapper.ts';
import type { RouteGround } from './route.ts';

/** Batches at once: the second is on its way while the first is flushed to disk. SQLite has one writer, and no rows to lock. */
const batches = {
  mysql: { mostRunning: 3, mostHeldUp: 4 },
  sqlite: { mostRunning: 1 },
} as const;
const mostJobs = 64;

export function routeGround(mapper: Mapper): RouteGround {
  const { settings, clock, metrics, truth } = mapper;
  const limits = {
    mostJobs,
    mostWaiting: settings.loginQueue,
    isGathering: true,
    ...batches[truth.dialect.engine],
    clock,
  };
  return {
    mapper,
    logins: new BatchQueue({
      ...limits,
      run: (jobs) => runLogins(mapper, jobs),
      onBatch: (jobs, waitedMs) => {
        metrics.observe('holdfast_radius_batch_logins', jobs, {});
        for (const ms of waitedMs) metrics.observe('holdfast_radius_queue_seconds', ms / 1_000, {});
      },
    }),
    lookUps: new BatchQueue({ ...limits, run: (jobs) => runLookUps(mapper, jobs) }),
    withdrawn: new WithdrawnRequests(clock),
  };
}

/** A worker thread that takes the lock of its data and keeps it. */
import { parentPort, workerData } from 'node:worker_threads';
import { LockRunner } from '@holdfast/lock-runner';

const { directory, scope } = workerData as { readonly directory: string; readonly scope: string };
const runner = new LockRunner({
  directory,
  observer: { waiting: () => parentPort?.postMessage('waiting') },
});
await runner.acquire(scope, { waitMs: Number.POSITIVE_INFINITY });
parentPort?.postMessage('held');
setInterval(() => undefined, 1_000);

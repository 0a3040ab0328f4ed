/** Proof of work: what goes with a login that the server wants a CAPTCHA for. */
import type { Captcha } from '@holdfast/panel-client/schema';

/** @returns what the server takes as `captcha`; undefined when it could not be solved */
export async function solveCaptcha({ challenge }: Captcha, signal: AbortSignal): Promise<string | undefined> {
  const worker = new Worker(new URL('./solve-worker.ts', import.meta.url), { type: 'module' });
  try {
    const solution = await firstMessage(worker, challenge, signal);
    return solution === null ? undefined : btoa(JSON.stringify({ challenge, solution }));
  } finally {
    worker.terminate();
  }
}

function firstMessage(worker: Worker, challenge: unknown, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', () => reject(new Error('the worker failed')));
    signal.addEventListener('abort', () => reject(signal.reason));
    worker.postMessage(challenge);
  });
}

/** Whether the daemon answers, and what it says of itself. */
import { type IncomingMessage, request } from 'node:http';
import { type ListenAddress, listenUrl } from '@holdfast/host/listen';
import { type Check, type Finding, ok, skip, unusable, warn } from '../check.ts';

export const daemonCheck: Check = {
  name: 'daemon',
  describe: 'vpn-policy-reconcile --watch answers, and is ready',
  run: async ({ settings: { daemon }, place }, signal) => {
    if (daemon.value.kind === 'none') return [skip('no daemon is asked (--daemon none)')];
    const url = listenUrl(daemon.value);
    const heard = await ask(daemon.value, signal);
    if (typeof heard !== 'string') return [judge(url, heard, place.gateway)];
    const found = `nobody answers on ${url} (${heard})`;
    if (daemon.source === 'default') return [skip(`${found}; a timer or hooks may do without a daemon`)];
    return [unusable(found, 'Start vpn-policy-reconcile --watch, or correct --daemon.')];
  },
};

interface Heard {
  readonly status: number;
  readonly body: unknown;
}

const timeoutMs = 3_000;
const mostBytes = 64 * 1024;

/** @returns the errno when nobody answers */
function ask(
  address: Exclude<ListenAddress, { kind: 'none' }>,
  signal: AbortSignal,
): Promise<Heard | string> {
  const where =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve) => {
    const asked = request(
      { ...where, path: '/readyz', agent: false, timeout: timeoutMs, signal },
      (answer) => {
        readBody(answer).then(
          (body) => resolve({ status: answer.statusCode ?? 0, body }),
          () => resolve('cut off'),
        );
      },
    );
    asked.once('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    asked.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

async function readBody(answer: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > mostBytes) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // somebody else's
  }
}

/** @param wanted - the gateway of this machine, when it was named */
function judge(url: string, { status, body }: Heard, wanted: string | undefined): Finding {
  const { status: word, reasons, gateway } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if ((word !== 'ok' && word !== 'failing') || !Array.isArray(reasons)) {
    return warn(`what answers on ${url} is not our daemon`, 'Name the address of the daemon with --daemon.');
  }
  if (wanted !== undefined && typeof gateway === 'string' && gateway !== wanted) {
    const found = `the daemon on ${url} is that of gateway ${gateway}, not of ${wanted}`;
    return warn(found, `Name the address of the daemon of ${wanted} with --daemon.`);
  }
  if (status === 200) return ok(`the daemon on ${url} is ready`);
  const hint = 'Its log tells more; the checks of database, dataplane and truth find the usual causes.';
  return unusable(`the daemon on ${url} is not ready: ${reasons.map(String).join('; ')}`, hint);
}

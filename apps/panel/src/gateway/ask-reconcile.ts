/**
 * One question to the reconcile daemon, which has the rights that the panel has not: to read the kernel, and the files of the gateway. Its answer is taken
 * for what a stranger says: limited in time and size, checked whole, and no redirect is followed.
 */
import { type IncomingMessage, request } from 'node:http';
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';
import { kernelSchema, lockSchema, runSchema } from '@holdfast/panel-client/schema';
import { z } from '@hono/zod-openapi';
import type { ReconcileAddress } from './reconcile-address.ts';

export interface ReconcileQuestion<Told> {
  readonly path: `/${string}`;
  readonly schema: z.ZodType<Told>;
}

export interface ReconcileAnswer<Told> {
  /** Whom it is about; null when the daemon does not know yet. */
  readonly gateway: string | null;
  readonly told: Told;
}

export interface AskOptions {
  /** For all of it, in milliseconds; 3 000. */
  readonly timeoutMs?: number;
  /** Of the body; 1 MiB, several times of what the longest answer has. */
  readonly mostBytes?: number;
}

/** What is in the kernel, and what differs from truth. */
export const kernelQuestion = { path: '/kernel', schema: kernelSchema } as const;
/** The last runs, and who has the lock; null is what the daemon cannot read either. */
export const standingQuestion = {
  path: '/standing',
  schema: z.object({ runs: z.array(runSchema).nullable(), lock: lockSchema.nullable() }),
} as const;

const ofGateway = z.object({ gateway: z.string().max(64).nullable() });

/**
 * @throws HoldfastError RECONCILE_UNREACHABLE - nobody answers, or not in time
 * @throws HoldfastError RECONCILE_INVALID - what answers is no daemon of this version
 */
export async function askReconcile<Told>(
  address: ReconcileAddress,
  { path, schema }: ReconcileQuestion<Told>,
  { timeoutMs = 3_000, mostBytes = 1_048_576 }: AskOptions = {},
): Promise<ReconcileAnswer<Told>> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = responseOf({ address, path }, signal);
  const text = await bodyOf(response, mostBytes).catch((cause: unknown) => {
    if (isHoldfastError(cause)) throw cause;
    const why = signal.aborted ? `within ${timeoutMs} ms` : `(${errnoOf(cause) ?? 'unknown error'})`;
    throw new HoldfastError('RECONCILE_UNREACHABLE', `the reconcile daemon does not answer ${why}`, {
      cause,
      details: { address },
    });
  });
  return parsed(text, schema);
}

async function bodyOf(coming: Promise<IncomingMessage>, mostBytes: number): Promise<string> {
  const response = await coming;
  try {
    if (response.statusCode !== 200) throw invalid(`has status ${response.statusCode}`);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > mostBytes) throw invalid(`has more than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    response.destroy();
  }
}

interface Asked {
  readonly address: ReconcileAddress;
  readonly path: string;
}

function responseOf({ address, path }: Asked, signal: AbortSignal): Promise<IncomingMessage> {
  const where =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    request({ ...where, path, headers: { Accept: 'application/json' }, agent: false, signal })
      .once('response', resolve)
      .on('error', reject)
      .end();
  });
}

function parsed<Told>(text: string, schema: z.ZodType<Told>): ReconcileAnswer<Told> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw invalid('is not JSON', cause);
  }
  const [head, told] = [ofGateway.safeParse(body), schema.safeParse(body)];
  if (head.success && told.success) return { gateway: head.data.gateway, told: told.data };
  const { issues } = (head.success ? told.error : head.error) ?? { issues: [] };
  throw invalid('has another form', undefined, { issues: issues.slice(0, 5) });
}

function invalid(
  what: string,
  cause?: unknown,
  details: Readonly<Record<string, unknown>> = {},
): HoldfastError {
  return new HoldfastError('RECONCILE_INVALID', `the answer of the reconcile daemon ${what}`, {
    cause,
    details,
  });
}

/**
 * The note of a run that gave way with work left: those who have the lock meanwhile know that somebody comes back for the
 * rest. It ends with its writer, provably dead, and after a minute in any case: whoever gives way has its turn again
 * within 30 s. What is left of a run then is rolled forward like that of one that died while it wrote.
 */
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, type Held, isHoldfastError } from '@holdfast/base';
import { livenessOf, ownIdentity } from '@holdfast/base/process-identity';
import { StateReader } from '@holdfast/state';
import * as z from 'zod/mini';

export interface PolicyPause {
  /** 'ours': this process wrote it. 'ended': nobody comes back. */
  read(): Promise<'none' | 'ours' | 'others' | 'ended'>;
  open(held: Held): Promise<void>;
  close(held: Held): Promise<void>;
}

const identitySchema = z.object({
  boot: z.string(),
  pidNamespace: z.string(),
  pid: z.number(),
  startTime: z.string(),
});

const pauseSchema = z.object({
  writer: identitySchema,
  /** UTC, ISO 8601. */
  until: z.string(),
});

const longestMs = 60_000;

export function policyPause(options: {
  readonly directory: string;
  readonly gateway: string;
  readonly scope: string;
  readonly clock: Clock;
}): PolicyPause {
  const { directory, gateway, scope, clock } = options;
  const path = join(directory, `${gateway}.paused.json`);
  const reader = new StateReader({
    scope,
    validator: pauseSchema,
    writer: new AtomicWriter({ durability: 'none' }), // neither does the kernel's state outlive a power cut
  });
  return {
    read: async () => {
      const pause = await readPause(reader, path);
      if (typeof pause === 'string') return pause;
      const { writer, until } = pause;
      if (livenessOf(writer) === 'dead' || Date.parse(until) < clock.wallMs()) return 'ended';
      const own = ownIdentity();
      return writer.pid === own.pid && writer.startTime === own.startTime ? 'ours' : 'others';
    },
    open: async (held) => {
      const until = new Date(clock.wallMs() + longestMs).toISOString();
      await reader.update(path, held, () => ({ writer: ownIdentity(), until }));
    },
    close: (held) => reader.remove(path, held),
  };
}

async function readPause(
  reader: StateReader<z.infer<typeof pauseSchema>>,
  path: string,
): Promise<z.infer<typeof pauseSchema> | 'none' | 'ended'> {
  try {
    return (await reader.read(path)).value ?? 'none';
  } catch (error) {
    if (isHoldfastError(error, 'DOCUMENT_INVALID')) return 'ended';
    throw error;
  }
}

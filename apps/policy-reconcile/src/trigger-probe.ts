/**
 * The cheap question of the daemon, asked twenty times a second: which is the newest trigger of the gateway, and up to which
 * is it live? Three rows by their keys.
 *
 * A server is asked on one kept connection. A SQLite file is opened only when its stamp says that it may have changed, and
 * closed again: a connection that is kept would keep the write-ahead log of a file that somebody replaces, and the file
 * that takes its place would be read together with a log that is not its own.
 */
import { resolve } from 'node:path';
import type { Clock } from '@holdfast/base';
import { HoldfastError } from '@holdfast/base';
import type { PolicyContext } from '@holdfast/gateway-policy/command';
import { fileStamp } from './file-stamp.ts';

export interface TriggerLook {
  readonly gateway: string;
  /** Newest trigger that is recorded; 0 before the first. */
  readonly newest: number;
  /** Trigger up to which a run has made the gateway live. */
  readonly covered: number;
  /** Changes when the database is another one, as far as that can be seen. */
  readonly identity: string | undefined;
}

export interface TriggerProbe extends AsyncDisposable {
  /** @throws HoldfastError - as opening the context does, or as the database says; the next look begins anew */
  look(): Promise<TriggerLook>;
}

export interface TriggerProbeOptions {
  /** The URL of truth. */
  readonly database: string;
  readonly open: () => Promise<PolicyContext>;
  readonly clock: Clock;
}

export function createTriggerProbe({ database, open, clock }: TriggerProbeOptions): TriggerProbe {
  const path = /^sqlite:(.+)$/s.exec(database)?.[1];
  return path === undefined ? serverProbe(open) : fileProbe(resolve(path), open, clock);
}

function serverProbe(open: () => Promise<PolicyContext>): TriggerProbe {
  let kept: PolicyContext | undefined;
  const letGo = async () => {
    const context = kept;
    kept = undefined;
    await context?.[Symbol.asyncDispose]();
  };
  return {
    look: async () => {
      kept ??= await open();
      try {
        return { ...(await readTriggers(kept)), identity: undefined };
      } catch (error) {
        // Its end says nothing that the failure has not said, and may take as long as the server is silent.
        void letGo().catch(() => undefined);
        throw error;
      }
    },
    [Symbol.asyncDispose]: letGo,
  };
}

function fileProbe(path: string, open: () => Promise<PolicyContext>, clock: Clock): TriggerProbe {
  let last: { readonly text: string; readonly look: TriggerLook } | undefined;
  return {
    look: async () => {
      // Before the reading: what is committed after it differs from this stamp at the next look.
      const { text, identity, isSettled } = fileStamp(path, clock.wallMs());
      if (last?.text === text) return last.look;
      last = undefined;
      await using context = await open();
      const look = { ...(await readTriggers(context)), identity };
      if (isSettled) last = { text, look };
      return look;
    },
    [Symbol.asyncDispose]: async () => {
      last = undefined;
    },
  };
}

async function readTriggers({ truth, gateway }: PolicyContext): Promise<Omit<TriggerLook, 'identity'>> {
  const row = await truth.db
    .selectFrom('gateways')
    .leftJoin('trigger_counters', 'trigger_counters.gateway', 'gateways.name')
    .leftJoin('gateway_state', 'gateway_state.gateway', 'gateways.name')
    .select(['last_id', 'covered'])
    .where('name', '=', gateway)
    .executeTakeFirst();
  if (row !== undefined) return { gateway, newest: row.last_id ?? 0, covered: row.covered ?? 0 };
  throw new HoldfastError('CONFIG_INVALID', `truth has no gateway ${gateway}`, { details: { gateway } });
}

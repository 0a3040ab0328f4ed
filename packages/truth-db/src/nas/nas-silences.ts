/** Which NASes of a gateway did not answer: remembered, so that a dead one is asked less and less often. */
import { chunksOf } from '../chunks.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime } from '../utc-time.ts';
import type { NasSilence } from './nas-snapshot.ts';

export interface NasesHeard {
  readonly gateway: string;
  /** Those that did not answer in this run. */
  readonly silent: readonly NasSilence[];
  /** Addresses of those that did. */
  readonly heard: readonly string[];
}

export async function storeNasSilences(trx: TruthTransaction, nases: NasesHeard): Promise<void> {
  const { gateway, silent, heard } = nases;
  const known = [...heard, ...silent.map(({ nasIp }) => nasIp)];
  for (const chunk of chunksOf(known)) {
    await trx
      .deleteFrom('nas_silences')
      .where('gateway', '=', gateway)
      .where('nas_ip', 'in', chunk)
      .execute();
  }
  const rows = silent.map(({ nasIp, runs, retryAt }) => ({
    gateway,
    nas_ip: nasIp,
    runs,
    retry_at: encodeTime(retryAt),
  }));
  for (const chunk of chunksOf(rows)) await trx.insertInto('nas_silences').values(chunk).execute();
}

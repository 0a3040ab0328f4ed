/** A record as the server had it at one version. */
import type { JsonObject } from './json.ts';

/** Which record: `vpn_connection`, `17`. */
export interface RecordKey {
  readonly kind: string;
  readonly id: string;
}

export interface Snapshot {
  /** Given out by the server, more with every change of it; compared, never counted with. */
  readonly version: number;
  readonly value: JsonObject;
}

/** One text for each record, to file things under. */
export function recordKeyText({ kind, id }: RecordKey): string {
  return `${kind}:${id}`;
}

/**
 * What truth says about one gateway, read in one snapshot: the input of every policy run. Nothing here is interpreted;
 * `@holdfast/gateway-policy` validates it and derives the desired state.
 */

export type ConnectionStatus = 'PREPROVISIONED' | 'CLAIMED' | 'DISABLED';

export interface GatewayRow {
  readonly id: number;
  /** Unique name, the last part of the lock scope `policy:NAME`. */
  readonly name: string;
  readonly layout: 'shared-device' | 'per-interface';
  /** Network device that carries the sessions of a shared-device gateway. */
  readonly device: string;
  /** Number of HTB shards under the root: a power of two, 1 to 256. */
  readonly shards: number;
}

/** One held, unexpired session of the gateway with the fields of its connection that policy needs. */
export interface SessionRow {
  readonly vpnConnectionId: number;
  /** IPv4 address of the client, null until the NAS has told it. */
  readonly framedIp: string | null;
  /** IPv6 address of the client, null where it has none. */
  readonly framedIpv6: string | null;
  /** Place of the session's tc class, `shard * 65536 + minor` with minor ≥ 1; null until an address is known. */
  readonly shapingSlot: number | null;
  /** Download limit in kbit/s, null for unlimited. */
  readonly downKbit: number | null;
  /** Upload limit in kbit/s, null for unlimited. */
  readonly upKbit: number | null;
  /** The session's own network device on a per-interface gateway, null until the NAS has told it. */
  readonly ifname: string | null;
  readonly restrictedEffective: boolean;
  readonly status: ConnectionStatus;
}

export interface GatewaySnapshot {
  readonly gateway: GatewayRow;
  /** Newest trigger id of this gateway inside the snapshot (0 when there is none): what a run of it covers. */
  readonly newestTrigger: number;
  readonly sessions: readonly SessionRow[];
}

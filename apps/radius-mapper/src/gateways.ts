/**
 * Which gateway a RADIUS packet comes from, by the address of its sender. All addresses are kept in memory and read again every
 * few seconds by whoever watches the database (`refresh`); one that is not among them is looked for at once, but not more than
 * once a second, because a stranger may send as many packets as he likes.
 */
import type { Clock, HoldfastError } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';
import type { NasProfile, Truth } from '@holdfast/truth-db';
import { canonicalIp } from './request/ip-address.ts';

export interface NasGateway {
  readonly name: string;
  /** Which attributes its NASes understand; null for none. */
  readonly nasProfile: NasProfile | null;
}

export interface Gateways {
  /**
   * The gateway of a NAS, undefined for an address that truth does not have. Known ones are answered from memory.
   *
   * @param src - source address of the packet, in any spelling
   * @throws HoldfastError DATABASE_UNREACHABLE, DATABASE_BUSY - truth was never read, or cannot be asked about a new address
   */
  gatewayOf(src: string): Promise<NasGateway | undefined>;
  /** What the NASes of a gateway understand, as far as it is in memory. */
  profileOf(name: string | null): NasProfile | null;
  /** How many addresses are known; undefined before they were read. */
  readonly addresses: number | undefined;
  /** Reads them again. @throws HoldfastError as any statement */
  refresh(): Promise<void>;
}

const pauseMs = 1_000;

export function createGateways(options: { readonly truth: () => Truth; readonly clock: Clock }): Gateways {
  const { truth, clock } = options;
  let known: ReadonlyMap<string, NasGateway> | undefined;
  let profiles: ReadonlyMap<string, NasProfile | null> = new Map();
  let reading: Promise<void> | undefined;
  let askedMs = Number.NEGATIVE_INFINITY;
  let failure: HoldfastError | undefined;

  const read = async () => {
    const rows = await truth()
      .db.selectFrom('gateway_nas_addresses as a')
      .innerJoin('gateways as g', 'g.name', 'a.gateway')
      .select(['a.nas_ip', 'g.name', 'g.nas_profile'])
      .execute();
    known = new Map(
      rows.map(({ nas_ip: ip, name, nas_profile: nasProfile }) => [
        canonicalIp(ip) ?? ip,
        { name, nasProfile },
      ]),
    );
    profiles = new Map([...known.values()].map(({ name, nasProfile }) => [name, nasProfile]));
    failure = undefined;
  };

  const refresh = () => {
    askedMs = clock.monotonicMs();
    reading ??= read()
      .catch((error: unknown) => {
        failure = asHoldfastError(error);
        throw failure;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  return {
    async gatewayOf(src) {
      const address = canonicalIp(src) ?? src;
      const found = known?.get(address);
      if (found !== undefined) return found;
      if (known === undefined || clock.monotonicMs() - askedMs >= pauseMs) await refresh();
      else if (reading !== undefined) await reading;
      const late = known?.get(address);
      // Nobody can say that an address is unknown while truth cannot be read.
      if (late === undefined && failure !== undefined) throw failure;
      return late;
    },
    profileOf: (name) => (name === null ? null : (profiles.get(name) ?? null)),
    get addresses() {
      return known?.size;
    },
    refresh,
  };
}

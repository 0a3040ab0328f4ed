/**
 * What truth asks for and what is live, both as a person would say it: who is restricted, and at which rate each address is
 * limited in each direction. Computed from the rows and from what the dataplane shows, without anything of the product.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { type Lab, labDevice } from '../../support/network-lab.ts';

export interface Picture {
  /** Addresses, sorted. */
  readonly restricted: readonly string[];
  /** `10.77.0.1 down 5000 kbit`, sorted. */
  readonly limits: readonly string[];
  /** How many classes there are for them. */
  readonly classes: number;
}

interface Row {
  readonly v4: string | null;
  readonly v6: string | null;
  readonly down: number | null;
  readonly up: number | null;
  readonly status: string;
  readonly is_restricted: number;
}

/** From the rows: the sessions that a gateway has now, and what their connections may. */
export async function wantedBy(truth: Truth, gateway: string, at: number): Promise<Picture> {
  const { rows } = await sql<Row>`
    select s.framed_ip as v4, s.framed_ipv6 as v6, c.down_kbit as down, c.up_kbit as up, c.status as status,
           c.restricted_effective as is_restricted
    from vpn_connections c, active_session_locks s
    where s.vpn_connection_id = c.id and s.gateway = ${gateway} and s.state = 'held'
      and s.expires_at > ${new Date(at).toISOString()}`.execute(truth.db);
  const restricted: string[] = [];
  const limits: string[] = [];
  let classes = 0;
  for (const { v4, v6, down, up, status, is_restricted } of rows) {
    const addresses = [v4, v6].filter((address) => address !== null);
    if (is_restricted === 1 || status === 'DISABLED') restricted.push(...addresses);
    for (const [way, kbit] of [
      ['down', down],
      ['up', up],
    ] as const) {
      if (kbit === null || addresses.length === 0) continue;
      classes += 1;
      limits.push(...addresses.map((address) => `${address} ${way} ${kbit} kbit`));
    }
  }
  return { restricted: restricted.toSorted(), limits: limits.toSorted(), classes };
}

/** From the file of the recorded dataplane, which has to be a whole document. */
export function shownByFile(stateDir: string, gateway: string): Picture {
  const document = JSON.parse(readFileSync(join(stateDir, `dataplane-${gateway}.json`), 'utf8')) as {
    readonly nft: { readonly restricted: readonly string[]; readonly classOf: readonly [string, string][] };
    readonly tc: { readonly classes: readonly [string, string][] };
  };
  return picture(document.nft.restricted, document.nft.classOf, new Map(document.tc.classes));
}

/** From the kernel, as nft and tc list it. Download only: the sessions of the matrix have no upload limit there. */
export function shownByKernel(lab: Lab): Picture {
  const { nftables } = JSON.parse(lab.run('nft', '-j', 'list', 'table', 'inet', 'holdfast')) as {
    readonly nftables: readonly Readonly<Record<string, { name?: string; elem?: readonly unknown[] }>>[];
  };
  const elements = (kind: 'set' | 'map', name: string) =>
    nftables.flatMap((entry) => (entry[kind]?.name === name ? (entry[kind]?.elem ?? []) : []));
  const listed = lab.run('tc', 'class', 'show', 'dev', labDevice);
  const classes = new Map(
    [...listed.matchAll(/^class htb (\S+) .*?\brate (\S+)/gm)].map(([, id = '', rate = '']) => [id, rate]),
  );
  // The tree stands on classes of its own, which have no limit to speak of.
  for (const [id, rate] of classes) if (rate === '1Tbit') classes.delete(id);
  const [v4, v6] = [elements('map', 'class4'), elements('map', 'class6')] as [string, string][][];
  return picture(
    [...elements('set', 'restricted4'), ...elements('set', 'restricted6')] as string[],
    [...(v4 ?? []), ...(v6 ?? [])],
    classes,
  );
}

function picture(
  restricted: readonly string[],
  classOf: readonly (readonly [string, string])[],
  classes: ReadonlyMap<string, string>,
): Picture {
  const limits = classOf.map(([name, classId]) => {
    const [address = '', way] = name.split('/');
    return `${address} ${way ?? 'down'} ${kbitOf(classes.get(classId))} kbit`;
  });
  return { restricted: restricted.toSorted(), limits: limits.toSorted(), classes: classes.size };
}

/** Of the text of a rate; a class that is missing has none. */
function kbitOf(rate: string | undefined): string {
  const [, amount, unit = ''] = /^(\d+)([KMG]?)bit$/.exec(rate ?? '') ?? [];
  if (amount === undefined) return `no (${rate ?? 'no class'})`;
  return String((Number(amount) * { '': 1, K: 1_000, M: 1_000_000, G: 1_000_000_000 }[unit as 'K']) / 1_000);
}

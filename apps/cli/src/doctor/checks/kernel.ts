/**
 * What the kernel can do, tried in a network namespace of its own: nft table, sets and maps to class ids, HTB classes, the
 * way of upload over an ifb device, a TBF per device. What a gateway of truth needs has to work; the rest is worth knowing.
 */
import type { PolicyState } from '@holdfast/gateway-policy';
import { type Check, type Finding, ok, skip, unusable, warn } from '../check.ts';
import type { Ground } from '../ground.ts';
import { type OwnNamespace, ownNamespace } from '../own-namespace.ts';
import { deviceState, type Layout, proveDataplane, sharedState } from '../prove-dataplane.ts';

interface Trial {
  readonly what: string;
  readonly layout: Layout;
  readonly isWanted: (wants: Wants) => boolean;
  readonly state: (place: OwnNamespace) => PolicyState;
  readonly hint: string;
}

const trials: readonly Trial[] = [
  {
    what: 'nft sets and class maps with HTB classes (shared-device)',
    layout: 'shared-device',
    isWanted: ({ shared }) => shared,
    state: () => sharedState(false),
    hint: 'The kernel needs nf_tables, sch_htb and cls_u32, nft 1.0.6 or newer.',
  },
  {
    what: 'upload limits through an ifb device (shared-device)',
    layout: 'shared-device',
    isWanted: ({ upload }) => upload,
    state: () => sharedState(true),
    hint: 'The kernel needs ifb, nft_fwd_netdev and nf_tables for netdev, or no connection has an upload limit.',
  },
  {
    what: 'a TBF for each device and its upload limit in nft (per-interface)',
    layout: 'per-interface',
    isWanted: ({ perInterface }) => perInterface,
    state: deviceState,
    hint: 'The kernel needs nf_tables with limits and sch_tbf, nft 1.0.6 or newer.',
  },
];

export const kernelCheck: Check = {
  name: 'kernel',
  describe: 'nft, HTB, ifb and TBF, tried in a network namespace of its own',
  needs: ['tools'],
  limitMs: 30_000,
  run: async (ground, signal) => {
    if (ground.place.dataplane === 'recorded')
      return [skip('the recorded dataplane needs nothing of the kernel')];
    const wants = await wantsOf(ground);
    const findings: Finding[] = [];
    for (const trial of trials) findings.push(await attempt(trial, wants, signal));
    return findings;
  },
};

/** A namespace for each: what one has left would be damage to the other. */
async function attempt(trial: Trial, wants: Wants, signal: AbortSignal): Promise<Finding> {
  const { what, layout, hint } = trial;
  signal.throwIfAborted();
  const place = await ownNamespace(signal);
  if (typeof place === 'string') return skip(`${what}: no namespace of its own to try it in (${place})`);
  await using opened = place;
  const problem = await proveDataplane(opened, layout, trial.state(opened));
  if (problem === undefined) return ok(`${what}: built and read back`);
  const found = `${what}: ${problem}`;
  return trial.isWanted(wants) ? unusable(found, hint) : warn(`${found}; no gateway needs it`, hint);
}

interface Wants {
  readonly shared: boolean;
  readonly upload: boolean;
  readonly perInterface: boolean;
}

/** Without a truth that answers nothing is known to be needed; that it does not is the finding of another check. */
async function wantsOf(ground: Ground): Promise<Wants> {
  try {
    const gateways = await ground.gatewaysHere();
    const shared = gateways.some(({ layout }) => layout === 'shared-device');
    const perInterface = gateways.some(({ layout }) => layout === 'per-interface');
    return { shared, perInterface, upload: shared && (await hasUploadLimit(ground)) };
  } catch {
    return { shared: false, upload: false, perInterface: false };
  }
}

async function hasUploadLimit(ground: Ground): Promise<boolean> {
  const { db } = ground.truth();
  const row = await db
    .selectFrom('vpn_connections')
    .select('id')
    .where('up_kbit', '>', 0)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

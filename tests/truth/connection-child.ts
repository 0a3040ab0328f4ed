/**
 * One of many that change the same connections: `connection-child.ts URL PART SEED`. Works on whatever connections there
 * are, and prints what was acknowledged to it as one line of JSON.
 */
import { once } from 'node:events';
import { isHoldfastError } from '@holdfast/base';
import {
  applyTimeRules,
  type ConnectionEvent,
  changeConnection,
  changeCustomer,
  claimConnection,
  openTruth,
  type Truth,
} from '@holdfast/truth-db';
import { at, changesEach, deadline, tokenOf } from './storm-facts.ts';

type Part = (truth: Truth, seed: number) => Promise<unknown>;

/** Codes by connection; `none` is a claim that was acknowledged. */
async function claimAll(truth: Truth, customerId: number, when: number): Promise<Record<number, string>> {
  const codes: Record<number, string> = {};
  for (const { id } of await truth.db.selectFrom('vpn_connections').select('id').orderBy('id').execute()) {
    codes[id] = await codeOf(claimConnection(truth, { token: tokenOf(id), customerId, at: when }));
  }
  return codes;
}

const parts: Readonly<Record<string, Part>> = {
  /** The seed is the id of the customer. */
  claim: (truth, seed) => claimAll(truth, seed, at),

  'claim-late': (truth, seed) => claimAll(truth, seed, deadline - 1),

  /** Time reaches the deadline while others claim. */
  expire: (truth) => applyTimeRules(truth, { at: deadline, batchRows: 2 }),

  /** Changes connections and their customers, as chance will have it. */
  change: async (truth, seed) => {
    const random = chance(seed);
    const pick = <Item>(items: readonly Item[]) => items[random(items.length)];
    const connections = await idsOf(truth, 'vpn_connections');
    const customers = await idsOf(truth, 'customers');
    const told = { changes: {} as Record<number, number>, gateways: 0, refused: [] as string[] };
    for (let made = 0; made < changesEach; made += 1) {
      const vpnConnectionId = pick(connections) ?? 0;
      const customerId = pick(customers) ?? 0;
      const event = pick(events) ?? 'suspend';
      try {
        if (event === 'suspend' || event === 'activate') {
          told.gateways += (await changeCustomer(truth, { customerId, event, at })).gateways.length;
          continue;
        }
        const change = await changeConnection(truth, { vpnConnectionId, event, at });
        told.changes[vpnConnectionId] = (told.changes[vpnConnectionId] ?? 0) + Number(change.isChanged);
        told.gateways += change.gateways.length;
      } catch (error) {
        told.refused.push(nameOf(error));
      }
    }
    return told;
  },
};

const events: readonly (ConnectionEvent | 'suspend' | 'activate')[] = [
  'suspend',
  'activate',
  'activate',
  { kind: 'enable' },
  { kind: 'enable' },
  { kind: 'disable' },
  { kind: 'restrict', reason: 'QUOTA' },
  { kind: 'unrestrict', reason: 'QUOTA' },
  { kind: 'restrict', reason: 'MANUAL' },
  { kind: 'unrestrict', reason: 'MANUAL' },
];

/** Whole numbers below a bound, the same ones for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

async function idsOf(truth: Truth, table: 'customers' | 'vpn_connections'): Promise<readonly number[]> {
  const rows = await truth.db.selectFrom(table).select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return nameOf(error);
  }
}

function nameOf(error: unknown): string {
  return isHoldfastError(error) ? error.code : String(error);
}

const [url = '', part = '', seed = ''] = process.argv.slice(2);
const play = parts[part];
if (play === undefined) throw new Error(`no part ${part}`);
await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
await truth.db.selectFrom('customers').select('id').execute();
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await play(truth, Number(seed))));
process.stdin.destroy();

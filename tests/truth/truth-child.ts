/** The parts that `startTruthProcess` can have played: `truth-child.ts URL PART [ARGUMENT…]`. */
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { systemClock } from '@holdfast/base';
import { type MigrationStep, migrations } from '@holdfast/migrations';
import {
  addGateway,
  changeWithTrigger,
  migrate,
  openTruth,
  provisionConnection,
  setRate,
  startSession,
  type Truth,
} from '@holdfast/truth-db';

const at = Date.UTC(2026, 0, 10);
const expiresAt = at + 3_600_000;

type Part = (truth: Truth, ...args: readonly string[]) => Promise<unknown>;

const parts: Readonly<Record<string, Part>> = {
  migrate: (truth) => migrate(truth),

  /** Dies inside the migrations, before or after it makes a step: the steps of all of them are counted from 0. */
  'die-migrating': (truth, place = '', when = '') => {
    let at = -1;
    const dieIf = async (isHere: boolean) => {
      if (!isHere) return;
      process.kill(process.pid, 'SIGKILL');
      await systemClock.sleep(60_000);
    };
    const deadly = (step: MigrationStep): MigrationStep => {
      at += 1;
      const isHere = at === Number(place);
      return {
        ...step,
        up: async (...args) => {
          await dieIf(isHere && when === 'before');
          await step.up(...args);
          await dieIf(isHere && when === 'after');
        },
      };
    };
    return migrate(truth, {
      migrations: migrations.map((one) => ({ ...one, steps: one.steps.map(deadly) })),
    });
  },

  /** Provisions connections until told to stop; tells the label of each that was acknowledged. */
  load: async (truth, first = '') => {
    const acknowledged: string[] = [];
    let isRunning = true;
    process.once('SIGTERM', () => {
      isRunning = false;
    });
    for (let made = 0; isRunning; made += 1) {
      const label = `${first}-${made}`;
      await changeWithTrigger(truth, { gateway: 'gw', reason: 'panel', at }, (trx) =>
        provisionConnection(trx, { at, label }),
      );
      acknowledged.push(label);
    }
    return acknowledged;
  },

  /** Changes a connection `count` times, each with its trigger, with a pause inside the transaction. */
  trigger: async (truth, connection = '', count = '') => {
    const ids: number[] = [];
    for (let made = 0; made < Number(count); made += 1) {
      const { trigger } = await changeWithTrigger(
        truth,
        { gateway: 'gw', reason: 'panel', at },
        async (trx) => {
          await setRate(trx, Number(connection), { downKbit: made + 1, upKbit: null });
          await systemClock.sleep(made % 3);
        },
      );
      ids.push(trigger);
    }
    return ids;
  },

  /** Starts one session each for `count` new connections, all in one shard. */
  start: async (truth, _connection = '', count = '') => {
    const slots: (number | null)[] = [];
    for (let made = 0; made < Number(count); made += 1) {
      const { shapingSlot } = await truth.transaction(async (trx) => {
        const { id } = await provisionConnection(trx, { at });
        const sessionKey = `key-${id}`;
        return startSession(trx, {
          gateway: 'gw',
          vpnConnectionId: id,
          sessionKey,
          framedIp: '198.51.100.4',
          at,
          expiresAt,
        });
      });
      slots.push(shapingSlot);
    }
    return slots;
  },

  /** Wants the session of a connection that others want too. */
  claim: async (truth, connection = '') => {
    const vpnConnectionId = Number(connection);
    const sessionKey = `process-${process.pid}`;
    try {
      await truth.transaction((trx) =>
        startSession(trx, {
          gateway: 'gw',
          vpnConnectionId,
          sessionKey,
          framedIp: '198.51.100.4',
          at,
          expiresAt,
        }),
      );
      return 'started';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  },

  /** Leaves a writing transaction open for ever. */
  hold: (truth) =>
    truth.transaction(async (trx) => {
      await addGateway(trx, { name: 'unborn', layout: 'shared-device', device: 'wg9' });
      process.kill(process.pid, 'SIGKILL');
      await systemClock.sleep(60_000);
    }),
};

const [url = '', part = '', ...args] = process.argv.slice(2);
const play = parts[part];
if (play === undefined) throw new Error(`no part ${part}`);
await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
flushCompileCache(); // whoever is killed writes none
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await play(truth, ...args)));
process.stdin.destroy();

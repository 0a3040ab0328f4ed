/**
 * The gateways for people who look: what truth says of them, what their machine keeps (runs, lock), and what is in their
 * kernel. Looks only; nothing here waits for a lock or asks for a run.
 *
 * Truth is everywhere. The rest is asked of the gateway's daemon, which may read what the panel's user may not; its files
 * stand in for runs and lock where it is away and they can be read. Elsewhere they are not to be seen, and that is the
 * answer.
 */
import { type Clock, type ErrorCode, HoldfastError, isHoldfastError, type Log } from '@holdfast/base';
import { remembered } from '@holdfast/gateway-policy/explain';
import type { LockBackendName } from '@holdfast/host/config';
import type { Gateway, GatewayDetail, Kernel } from '@holdfast/panel-client/schema';
import type { Truth } from '@holdfast/truth-db';
import type { z } from '@hono/zod-openapi';
import {
  askReconcile,
  kernelQuestion,
  type ReconcileAnswer,
  type ReconcileQuestion,
  standingQuestion,
} from './ask-reconcile.ts';
import { readGatewayRows } from './gateway-rows.ts';
import { machineLock, machineRuns } from './machine-side.ts';
import type { ReconcileAddress } from './reconcile-address.ts';

export interface GatewayViewOptions {
  readonly truth: Truth;
  /** Of the gateway's daemon, where that runs on this machine. */
  readonly stateDir: string;
  /** As the daemon has it. Default 'auto'. */
  readonly lockBackend?: LockBackendName;
  /** Where the daemon answers. */
  readonly reconcile: ReconcileAddress;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * How long an answer of the daemon serves those who ask next, in milliseconds. The daemon limits how often it looks, so this
 * only keeps a crowd of pages from asking it all at once, and adds little to the age of what they see.
 */
const memoryMs = 250;

export class GatewayView {
  readonly #options: GatewayViewOptions;
  readonly #askKernel: () => Promise<ReconcileAnswer<Kernel>>;
  readonly #askStanding: () => Promise<ReconcileAnswer<ToldStanding>>;
  /** What went wrong last, by what it was: told when it changes, however often a page asks. */
  readonly #told = new Map<string, ErrorCode>();

  constructor(options: GatewayViewOptions) {
    const { clock, reconcile } = options;
    this.#options = options;
    const asking = <Told>(question: ReconcileQuestion<Told>) =>
      remembered(() => askReconcile(reconcile, question), { clock, forMs: memoryMs });
    this.#askKernel = asking(kernelQuestion);
    this.#askStanding = asking(standingQuestion);
  }

  /** @throws HoldfastError DATABASE_UNREACHABLE, DATABASE_BUSY */
  async list(): Promise<Gateway[]> {
    const { truth, clock } = this.#options;
    return [...(await readGatewayRows(truth, clock.wallMs()))];
  }

  /**
   * @returns undefined for a gateway that truth does not have
   * @throws HoldfastError DATABASE_UNREACHABLE, DATABASE_BUSY
   */
  async detail(name: string): Promise<GatewayDetail | undefined> {
    const gateway = await this.#row(name);
    if (gateway === undefined) return undefined;
    return { ...gateway, ...(await this.#standing(name)) };
  }

  /** Another gateway's kernel is never shown as this one's. @returns, @throws as `detail` */
  async kernel(name: string): Promise<Kernel | undefined> {
    if ((await this.#row(name)) === undefined) return undefined;
    const read = await this.#attempt(`kernel of ${name}`, async () =>
      ofGateway(name, await this.#askKernel()),
    );
    if (read.kind === 'done') return read.value;
    const at = new Date(this.#options.clock.wallMs()).toISOString();
    return { kind: 'unread', at, because: read.code };
  }

  /** Another gateway's runs and lock are never shown as this one's, and files do not gainsay a daemon that answers. */
  async #standing(name: string): Promise<Standing> {
    const asked = await this.#attempt('standing', this.#askStanding);
    if (asked.kind === 'refused')
      return asked.code === 'RECONCILE_UNREACHABLE' ? this.#standingOfFiles(name) : unseen;
    const { gateway, told } = asked.value;
    return gateway === name ? { runs: told.runs ?? [], lock: told.lock } : unseen;
  }

  async #standingOfFiles(name: string): Promise<Standing> {
    const { stateDir, lockBackend = 'auto' } = this.#options;
    const place = { stateDir, lockBackend };
    const runs = await this.#attempt(`runs of ${name}`, () => machineRuns(place, name));
    const lock = await this.#attempt(`lock of ${name}`, () => machineLock(place, name));
    return {
      runs: runs.kind === 'done' ? runs.value : unseen.runs,
      lock: lock.kind === 'done' ? lock.value : unseen.lock,
    };
  }

  async #row(name: string): Promise<Gateway | undefined> {
    const { truth, clock } = this.#options;
    const [row] = await readGatewayRows(truth, clock.wallMs(), name);
    return row;
  }

  /** What is refused beside truth is an answer, not a failure of the panel. */
  async #attempt<Value>(what: string, look: () => Promise<Value>): Promise<Attempt<Value>> {
    try {
      const value = await look();
      this.#told.delete(what);
      return { kind: 'done', value };
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      const isNews = this.#told.get(what) !== error.code;
      this.#told.set(what, error.code);
      if (isNews) this.#options.log.warn({ what, code: error.code, err: error }, 'gateway not seen');
      return { kind: 'refused', code: error.code };
    }
  }
}

type Attempt<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

type ToldStanding = z.infer<typeof standingQuestion.schema>;
type Standing = Pick<GatewayDetail, 'runs' | 'lock'>;

const unseen: Standing = { runs: [], lock: null };

/** Of a daemon that does not know its gateway yet only the reason is told, and it has read nothing. */
function ofGateway(name: string, { gateway, told: kernel }: ReconcileAnswer<Kernel>): Kernel {
  if (gateway === name || (gateway === null && kernel.kind === 'unread')) return kernel;
  const whose = gateway === null ? 'a gateway without a name' : gateway;
  throw new HoldfastError('RECONCILE_ELSEWHERE', `the reconcile daemon has ${whose}, not ${name}`, {
    details: { asked: name, gateway },
  });
}

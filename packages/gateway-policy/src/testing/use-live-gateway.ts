/** A gateway on the recorded dataplane with one session that is live, for tests of what is seen of it between and during runs. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addGateway,
  migrate,
  openTruth,
  provisionConnection,
  recordTrigger,
  startSession,
} from '@holdfast/truth-db';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { openPolicyContext, type PolicyContext } from '../command/policy-context.ts';
import type { PolicyRequest } from '../command/policy-request.ts';
import { runPolicy } from '../command/run-policy.ts';

export const gateway = 'gw1';

type Step = Parameters<NonNullable<PolicyRequest['onStep']>>[0];

export interface LiveGateway {
  readonly stateDir: string;
  readonly context: PolicyContext;
  /** A session of the next host, limited to 1 Mbit, with its trigger. The first one is there. */
  connect(): Promise<void>;
  /** A trigger, and no change. */
  record(vpnConnectionId: number | undefined): Promise<unknown>;
  /** @returns the outcome */
  run(request?: Partial<PolicyRequest>): Promise<string>;
  /** Begins a run that stands still where it has reached `step`, until it may end. */
  stoppedRun(step: Step): Promise<StoppedRun>;
}

export interface StoppedRun extends AsyncDisposable {
  /** @returns the outcome */
  end(): Promise<string>;
}

export function addressOf(host: number): string {
  return `10.77.0.${host}`;
}

/** To be called inside a suite or a file: every test has a gateway of its own. */
export function useLiveGateway(): LiveGateway {
  let template: string;
  let live: OpenGateway;
  beforeAll(async () => {
    template = mkdtempSync(join(tmpdir(), 'holdfast-live-'));
    await using truth = openTruth(`sqlite:${join(template, 'truth.sqlite')}`);
    await migrate(truth);
    const shape = { layout: 'shared-device', device: 'd0' } as const;
    await truth.transaction((trx) => addGateway(trx, { name: gateway, ...shape }));
    await using made = await OpenGateway.at(template, 0);
    await made.connect();
    await made.run();
  });
  beforeEach(async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'holdfast-live-'));
    cpSync(template, stateDir, { recursive: true });
    live = await OpenGateway.at(stateDir, 1);
  });
  afterEach(async () => {
    await live[Symbol.asyncDispose]();
    rmSync(live.stateDir, { recursive: true });
  });
  afterAll(() => rmSync(template, { recursive: true }));
  return {
    get stateDir() {
      return live.stateDir;
    },
    get context() {
      return live.context;
    },
    connect: () => live.connect(),
    record: (vpnConnectionId) => live.record(vpnConnectionId),
    run: (request) => live.run(request),
    stoppedRun: (step) => live.stoppedRun(step),
  };
}

class OpenGateway implements LiveGateway, AsyncDisposable {
  readonly stateDir: string;
  readonly context: PolicyContext;
  #hosts: number;

  private constructor(stateDir: string, context: PolicyContext, hosts: number) {
    this.stateDir = stateDir;
    this.context = context;
    this.#hosts = hosts;
  }

  static async at(stateDir: string, hosts: number): Promise<OpenGateway> {
    const nowhere = { database: undefined, netns: undefined, device: undefined, observer: {} };
    const context = await openPolicyContext({ ...nowhere, stateDir, gateway, dataplane: 'recorded' });
    return new OpenGateway(stateDir, context, hosts);
  }

  async connect(): Promise<void> {
    this.#hosts += 1;
    const at = Date.now();
    const framedIp = addressOf(this.#hosts);
    await this.context.truth.transaction(async (trx) => {
      const { id } = await provisionConnection(trx, { at, downKbit: 1_000 });
      const session = { gateway, vpnConnectionId: id, sessionKey: framedIp, framedIp, at };
      await startSession(trx, { ...session, expiresAt: at + 86_400_000 });
      await recordTrigger(trx, { gateway, reason: 'ip-up', vpnConnectionId: id, at });
    });
  }

  record(vpnConnectionId: number | undefined): Promise<unknown> {
    const trigger = { gateway, reason: 'panel', vpnConnectionId, at: Date.now() };
    return this.context.truth.transaction((trx) => recordTrigger(trx, trigger));
  }

  async run(request: Partial<PolicyRequest> = {}): Promise<string> {
    const { report } = await runPolicy(this.context, {
      reason: 'recorded',
      mode: 'apply',
      waitMs: 10_000,
      force: false,
      purpose: 'a run',
      signal: new AbortController().signal,
      ...request,
    });
    return report.outcome;
  }

  async stoppedRun(step: Step): Promise<StoppedRun> {
    const reached = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    const outcome = this.run({
      onStep: async (now) => {
        if (now !== step) return;
        reached.resolve();
        await rest.promise;
      },
    });
    const end = () => {
      rest.resolve();
      return outcome;
    };
    await reached.promise;
    return { end, [Symbol.asyncDispose]: async () => void (await end()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context[Symbol.asyncDispose]();
  }
}

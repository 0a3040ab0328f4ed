/**
 * Looks at a kernel that is changed all the time, by the daemon and by the truth that it follows: what somebody has deleted by
 * hand is found, and no look takes a state half-way for a difference. Beside it looks one without its guards, until it has
 * found what is none.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@holdfast/base';
import { openPolicyContext } from '@holdfast/gateway-policy/command';
import {
  dataplaneOf,
  type GatewayLook,
  type GatewayLookOptions,
  lookAtGateway,
} from '@holdfast/gateway-policy/explain';
import { describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { startDaemon } from '../support/daemon-process.ts';
import { isMissing } from '../support/needs.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-world.ts';

describe.skipIf(isMissing('root', 'nft'))('looks during a storm of changes', () => {
  it('find what was deleted by hand, and nothing that a run is about to write', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(byHand.host, 1_000);
    await using daemon = startDaemon(world, ['--interval', '1h']);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    world.lab?.run('nft', `delete element inet holdfast class4 { ${byHand.address} }`);
    await using looks = await openLooks(world);
    const stop = new AbortController();
    const tally = new LookTally();
    const storm = changing(world, tally, stop.signal);
    let unguarded: readonly string[] = [];
    while (!tally.isEnough || unguarded.length === 0) {
      tally.add(await looks.guarded());
      if (unguarded.length === 0) unguarded = falseIn(await looks.unguarded());
    }
    stop.abort();
    await storm;
    expect([...tally.objects]).toEqual([byHand.object]);
  });
});

/** The session of which an element is deleted. Its host comes after all that come and go. */
const byHand = { host: 65_000, address: '10.77.253.232', object: 'class-of 10.77.253.232' } as const;

class LookTally {
  /** Whatever differed in any look. */
  readonly objects = new Set<string>();
  #whole = 0;
  #parts = 0;
  #rested = Promise.withResolvers<void>();

  add(look: GatewayLook): void {
    if (look.kind === 'disturbed') return;
    for (const { object } of look.drift) this.objects.add(object);
    if (!look.isWhole) {
      this.#parts += 1;
      return;
    }
    this.#whole += 1;
    this.#rested.resolve();
    this.#rested = Promise.withResolvers();
  }

  /** Resolves with the next look that sees the gateway at rest. */
  get rested(): Promise<void> {
    return this.#rested.promise;
  }

  get isEnough(): boolean {
    return Math.min(this.#whole, this.#parts) >= counts.quietLooks;
  }
}

function falseIn(look: GatewayLook): readonly string[] {
  const objects = look.kind === 'read' ? look.drift.map(({ object }) => object) : [];
  return objects.filter((object) => object !== byHand.object);
}

async function openLooks(world: PolicyWorld) {
  const place = {
    stateDir: world.stateDir,
    database: undefined,
    gateway: undefined,
    dataplane: 'kernel',
    netns: world.lab?.netns,
    device: undefined,
    observer: {},
  } as const;
  const context = await openPolicyContext(place);
  const look = (options: Partial<GatewayLookOptions>) =>
    lookAtGateway({
      ...context,
      isComingBack: context.documents.isComingBack,
      dataplaneOf: (row) => dataplaneOf(place, row),
      expectsRun: () => true,
      clock: systemClock,
      patienceMs: 0,
      ...options,
    });
  return {
    guarded: () => look({}),
    unguarded: () => look({ seenGeneration: () => 0, expectsRun: () => false }),
    [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
  };
}

/** Sessions come and go in bursts. After every other one the gateway rests until a look has seen that. */
async function changing(world: PolicyWorld, tally: LookTally, signal: AbortSignal): Promise<void> {
  const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  let host = 1;
  const held: number[] = [];
  while (!signal.aborted) {
    for (let burst = 0; burst < 5; burst += 1, host += 1) held.push(await world.connect(host, 1_000));
    for (const id of held.splice(0, Math.max(0, held.length - 10))) await world.disconnect(id);
    if (host % 2 === 0) await delay(10);
    else await Promise.race([tally.rested, stopped]);
  }
}

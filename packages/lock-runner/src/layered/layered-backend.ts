/**
 * Several locks taken as one, from the nearest to the widest: process, then host, then cluster, always in this order, and
 * given back in reverse. So one task per process asks the host and one process per host asks the server, and two that
 * take layers can never wait for each other.
 *
 * What it promises: the reach and the fence of the widest layer; for the rest it is the weakest of its parts. A layer that
 * frees a dead holder's lock at once does not help while the next one waits for a lease, and what one layer can lose is lost.
 */
import { HoldfastError, type LockGuarantee, type LockMode, type LockReport } from '@holdfast/base';
import type {
  Grant,
  LockBackend,
  LockBackendContext,
  LockBackendFactory,
  LockRequest,
} from '../lock-backend.ts';
import { waitLeft } from '../wait-left.ts';

/** From the nearest to the widest, as layers have to be given. */
const reaches = ['process', 'host', 'network'] as const satisfies readonly LockGuarantee['scope'][];
/** From the weakest promise to the strongest. */
const releases = [
  'lease',
  'proof-of-death',
  'immediate',
] as const satisfies readonly LockGuarantee['crashRelease'][];
const modes = ['exclusive', 'shared'] as const satisfies readonly LockMode[];

/**
 * `layeredBackend(processBackend(), flockBackend(), redisBackend({ client }))`: one task per process, one process per host,
 * one host of all. Holds tell `layered(process,flock,redis)` as their backend.
 *
 * The runner that is made with it throws HoldfastError LOCK_UNSUPPORTED when a layer does not reach farther than the one
 * before it.
 */
export function layeredBackend(...factories: readonly LockBackendFactory[]): LockBackendFactory {
  return (context) => new LayeredBackend(factories, context);
}

class LayeredBackend implements LockBackend {
  readonly name: string;
  readonly modes: readonly LockMode[];
  readonly #layers: readonly LockBackend[];
  readonly #widest: LockBackend;
  readonly #context: LockBackendContext;

  constructor(factories: readonly LockBackendFactory[], context: LockBackendContext) {
    const layers = factories.map((factory) => factory(context));
    this.#layers = layers;
    this.#widest = widestOf(layers);
    this.#context = context;
    this.name = `layered(${layers.map(({ name }) => name).join()})`;
    this.modes = modes.filter((mode) => layers.every((layer) => layer.modes.includes(mode)));
  }

  get guarantee(): LockGuarantee {
    const parts = this.#layers.map(({ guarantee }) => guarantee);
    const { scope, fenced } = this.#widest.guarantee;
    return {
      scope,
      crashRelease: releases.find((kind) => parts.some((part) => part.crashRelease === kind)) ?? 'lease',
      canBeLost: parts.some((part) => part.canBeLost),
      fenced,
      fair: parts.every((part) => part.fair),
    };
  }

  keyOf(scope: string): string {
    return this.#widest.keyOf(scope);
  }

  async acquire(request: LockRequest): Promise<Grant | undefined> {
    const leftMs = waitLeft(request.waitMs, this.#context.clock);
    const grants: Grant[] = [];
    let isWhole = false;
    try {
      for (const layer of this.#layers) {
        const grant = await layer.acquire({ ...request, waitMs: leftMs() });
        if (grant === undefined) return undefined;
        grants.push(grant);
      }
      isWhole = true;
      return layered(grants);
    } finally {
      if (!isWhole) await releaseAll(grants);
    }
  }

  /** The holder as the widest layer knows it: nearer ones are held by whoever waits for it. */
  async who(scope: string): Promise<LockReport> {
    const reports = await Promise.all(this.#layers.map((layer) => layer.who(scope)));
    const holder = reports.findLast((report) => report.holder !== undefined)?.holder;
    return {
      ...(holder === undefined ? {} : { holder }),
      waiters: reports.toReversed().flatMap(({ waiters }) => waiters),
    };
  }

  async close(): Promise<void> {
    await inReverse(this.#layers, (layer) => layer.close?.());
  }
}

/** @throws HoldfastError LOCK_UNSUPPORTED */
function widestOf(layers: readonly LockBackend[]): LockBackend {
  const ranks = layers.map(({ guarantee }) => reaches.indexOf(guarantee.scope));
  const widest = layers.at(-1);
  if (widest !== undefined && ranks.every((rank, place) => place === 0 || rank > (ranks[place - 1] ?? -1))) {
    return widest;
  }
  const given = layers.map(({ name, guarantee }) => `${name} (${guarantee.scope})`).join(', ') || 'none';
  throw new HoldfastError(
    'LOCK_UNSUPPORTED',
    `layers go from ${reaches.join(' to ')}, one of each at most; given: ${given}`,
    { details: { order: reaches, given: layers.map(({ name }) => name) } },
  );
}

/** Asked for a fence is only the widest layer: two counters of one scope would overtake each other. */
function layered(grants: readonly Grant[]): Grant {
  const nearer = grants.slice(0, -1);
  const widest = grants.at(-1) as Grant;
  const bearer = grants.find((grant) => 'descriptor' in grant);
  const losses = grants.flatMap(({ lost }) => lost ?? []);
  const grant: Grant = {
    ...(losses.length === 0
      ? {}
      : { lost: losses.length === 1 ? (losses[0] as AbortSignal) : AbortSignal.any(losses) }),
    allotFence: () => widest.allotFence(),
    contended: () => grants.some((grant) => grant.contended()),
    publish: (fence, step) =>
      nearer.reduceRight(
        (inner, grant) => () => grant.publish(undefined, inner),
        () => widest.publish(fence, step),
      )(),
    release: () => releaseAll(grants),
  };
  // Looked at only when somebody asks: a part whose descriptor was seen is closed and not unlocked, for a child may have it.
  if (bearer !== undefined) Object.defineProperty(grant, 'descriptor', { get: () => bearer.descriptor });
  return grant;
}

function releaseAll(grants: readonly Grant[]): Promise<void> {
  return inReverse(grants, (grant) => grant.release());
}

/**
 * Goes on when one fails: what was taken is given back whatever happens to the rest.
 *
 * @throws the first failure
 */
async function inReverse<Part>(
  parts: readonly Part[],
  step: (part: Part) => void | Promise<void> | undefined,
): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts.toReversed()) {
    try {
      await step(part);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

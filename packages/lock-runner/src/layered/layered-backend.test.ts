/** What layers make of their parts, with parts that note what is asked of them. */
import { type LockGuarantee, type LockMode, type LockParty, systemClock } from '@holdfast/base';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Grant, LockBackend, LockBackendFactory, LockRequest } from '../lock-backend.ts';
import { LockRunner } from '../lock-runner.ts';
import { layeredBackend } from './layered-backend.ts';
import { processBackend } from './layered-parts.ts';

interface Part {
  readonly guarantee?: Partial<LockGuarantee>;
  readonly modes?: readonly LockMode[];
  /** Undefined when it is not free; an error to throw. */
  readonly grant?: Partial<Grant> | Error | undefined;
  readonly holder?: LockParty;
  readonly waiters?: readonly LockParty[];
}

const directory = '/nonexistent';
const strong: LockGuarantee = {
  scope: 'host',
  crashRelease: 'immediate',
  canBeLost: false,
  fenced: true,
  fair: true,
};
const party = (pid: number): LockParty => ({ pid, host: 'here' });
const request: LockRequest = {
  scope: 's',
  mode: 'exclusive',
  priority: 'interactive',
  purpose: undefined,
  waitMs: 1_000,
  signal: undefined,
  onBlocked: () => undefined,
};

let log: string[];
beforeEach(() => {
  log = [];
});

function part(name: string, scope: LockGuarantee['scope'], options: Part = {}): LockBackendFactory {
  const { guarantee, modes = ['exclusive', 'shared'], holder, waiters = [] } = options;
  const given = 'grant' in options ? options.grant : {};
  const grant: Grant = {
    allotFence: async () => {
      log.push(`${name} fence`);
      return 7;
    },
    contended: () => false,
    publish: (fence, step) => {
      log.push(`${name} publishes ${fence}`);
      return step();
    },
    release: () => void log.push(`${name} back`),
  };
  const backend: LockBackend = {
    name,
    modes,
    guarantee: { ...strong, ...guarantee, scope },
    keyOf: (asked) => `${name}:${asked}`,
    acquire: async ({ waitMs }) => {
      log.push(`${name} asked`, ...(waitMs > 1_000 ? ['with more than is left'] : []));
      if (given instanceof Error) throw given;
      return given && { ...grant, ...given };
    },
    who: () => ({ ...(holder === undefined ? {} : { holder }), waiters }),
    close: async () => void log.push(`${name} closed`),
  };
  return () => backend;
}

const made = (...parts: readonly LockBackendFactory[]) =>
  layeredBackend(...parts)({ directory, clock: systemClock });

async function grantOf(...parts: readonly LockBackendFactory[]): Promise<Grant> {
  const grant = await made(...parts).acquire(request);
  if (grant === undefined) throw new Error('not granted');
  log = [];
  return grant;
}

describe('layers', () => {
  it.each([
    ['none', []],
    ['the host before the process', ['host', 'process']],
    ['the network before the host', ['process', 'network', 'host']],
    ['the host twice', ['process', 'host', 'host']],
  ] as const)('are refused with their order: %s', (_what, scopes) => {
    const factories = scopes.map((scope, place) => part(`part${place}`, scope));
    const create = () => new LockRunner({ directory, backend: layeredBackend(...factories) });
    expect(create).toThrow(
      expect.objectContaining({
        code: 'LOCK_UNSUPPORTED',
        details: { order: ['process', 'host', 'network'], given: scopes.map((_, place) => `part${place}`) },
      }),
    );
  });

  it.each([[['process']], [['host', 'network']], [['process', 'network']]] as const)(
    'may leave one out: %s',
    (scopes) => {
      const backend = made(...scopes.map((scope) => part(scope, scope)));
      expect(backend.name).toBe(`layered(${scopes.join()})`);
    },
  );

  it('promise the reach and the fence of the widest, and else the weakest of all', () => {
    const weak: readonly Partial<LockGuarantee>[] = [
      { crashRelease: 'proof-of-death', fair: false, fenced: false },
      { crashRelease: 'lease', canBeLost: true },
      {},
    ];
    const [near, middle, wide] = (['process', 'host', 'network'] as const).map((scope, place) =>
      part(scope, scope, { guarantee: weak[place] ?? {} }),
    ) as [LockBackendFactory, LockBackendFactory, LockBackendFactory];
    const all = { scope: 'network', crashRelease: 'lease', canBeLost: true, fenced: true, fair: false };
    expect(made(near, middle, wide).guarantee).toEqual(all);
    expect(made(middle, wide).guarantee).toEqual({ ...all, fair: true });
    expect(made(near, wide).guarantee).toEqual({ ...all, crashRelease: 'proof-of-death', canBeLost: false });
    expect(made(near).guarantee).toMatchObject({ scope: 'process', fenced: false });
  });

  it('give the modes that all of them give', () => {
    const exclusive = part('b', 'host', { modes: ['exclusive'] });
    expect(made(part('a', 'process'), exclusive).modes).toEqual(['exclusive']);
    expect(made(part('a', 'process'), part('b', 'host')).modes).toEqual(['exclusive', 'shared']);
  });

  it('ask a part for its descriptor when they are asked for it, and not before', async () => {
    const backend: LockBackend = {
      ...part('host', 'host')({ directory, clock: systemClock }),
      acquire: async () => ({
        get descriptor() {
          log.push('descriptor seen');
          return 7;
        },
        allotFence: async () => 1,
        contended: () => false,
        publish: (_fence, step) => step(),
        release: () => undefined,
      }),
    };
    const layers = made(part('process', 'process'), () => backend);
    const grant = await layers.acquire(request);
    await grant?.release();
    expect(log).toEqual(['process asked', 'process back']);
    expect(grant?.descriptor).toBe(7);
    expect(log.at(-1)).toBe('descriptor seen');
  });

  it('are known by the key of the widest', () => {
    expect(made(part('a', 'process'), part('b', 'host')).keyOf('s')).toBe('b:s');
  });

  it('are taken from the nearest to the widest and given back in reverse', async () => {
    const backend = made(part('a', 'process'), part('b', 'host'), part('c', 'network'));
    const grant = await backend.acquire(request);
    expect(log).toEqual(['a asked', 'b asked', 'c asked']);
    await grant?.release();
    expect(log.slice(3)).toEqual(['c back', 'b back', 'a back']);
  });

  it.each([
    ['is not free in time', undefined],
    ['fails', new Error('gone')],
  ])('are given back when one of them %s', async (_how, outcome) => {
    const backend = made(part('a', 'process'), part('b', 'host'), part('c', 'network', { grant: outcome }));
    const result = await Promise.resolve()
      .then(() => backend.acquire(request))
      .catch((error) => error);
    expect(result).toBe(outcome);
    expect(log.slice(3)).toEqual(['b back', 'a back']);
  });

  it('are all given back when giving back one of them fails, which is told', async () => {
    const failure = new Error('gone');
    const broken = part('b', 'host', { grant: { release: () => Promise.reject(failure) } });
    const grant = await grantOf(part('a', 'process'), broken, part('c', 'network'));
    await expect(grant.release()).rejects.toBe(failure);
    expect(log).toEqual(['c back', 'a back']);
  });

  it('share one limit', async () => {
    const waits: number[] = [];
    let nowMs = 0;
    const slow = (name: string, scope: LockGuarantee['scope']): LockBackendFactory => {
      const backend = part(name, scope)({ directory, clock: systemClock });
      return () => ({
        ...backend,
        acquire: (asked) => {
          waits.push(asked.waitMs);
          nowMs += 400;
          return backend.acquire(asked);
        },
      });
    };
    const clock = { ...systemClock, monotonicMs: () => nowMs };
    const layers = [slow('a', 'process'), slow('b', 'host'), slow('c', 'network')];
    const backend = layeredBackend(...layers)({ directory, clock });
    await backend.acquire(request);
    await backend.acquire({ ...request, waitMs: Number.POSITIVE_INFINITY });
    await backend.acquire({ ...request, waitMs: 500 });
    expect(waits).toEqual([1_000, 600, 200, Infinity, Infinity, Infinity, 500, 100, 0]);
  });

  it('publish inside each other, with the fence of the widest alone', async () => {
    const grant = await grantOf(part('a', 'process'), part('b', 'host'), part('c', 'network'));
    const fence = await grant.allotFence();
    expect(grant.publish(fence, () => 'done')).toBe('done');
    expect(log).toEqual(['c fence', 'a publishes undefined', 'b publishes undefined', 'c publishes 7']);
  });

  it.each(['a', 'b', 'c'])('publish nothing when %s refuses', async (refusing) => {
    const refuse = (name: string) => ({
      grant:
        name === refusing
          ? {
              publish: () => {
                throw new Error('overtaken');
              },
            }
          : {},
    });
    const grant = await grantOf(
      part('a', 'process', refuse('a')),
      part('b', 'host', refuse('b')),
      part('c', 'network', refuse('c')),
    );
    expect(() => grant.publish(7, () => log.push('written'))).toThrow('overtaken');
    expect(log).not.toContain('written');
  });

  it.each([0, 1])('are lost with either of two that can be: %s', async (place) => {
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }) => ({ grant: { lost: signal } }));
    const grant = await grantOf(
      part('a', 'process', {}),
      part('b', 'host', first),
      part('c', 'network', second),
    );
    expect(grant.lost?.aborted).toBe(false);
    const reason = new Error('lost');
    controllers[place]?.abort(reason);
    expect(grant.lost?.reason).toBe(reason);
  });

  it('cannot be lost when none of them can', async () => {
    expect(await grantOf(part('a', 'process'), part('b', 'host'))).not.toHaveProperty('lost');
  });

  it('are contended when one of them is, and carry the descriptor of the one that has it', async () => {
    const contended = part('b', 'host', { grant: { contended: () => true, descriptor: 9 } });
    const grant = await grantOf(part('a', 'process'), contended, part('c', 'network'));
    expect(grant.contended()).toBe(true);
    expect(grant.descriptor).toBe(9);
    const quiet = await grantOf(part('a', 'process'), part('c', 'network'));
    expect(quiet.contended()).toBe(false);
    expect(quiet).not.toHaveProperty('descriptor');
  });

  it('name the holder of the widest that is held, and the waiters of all, who is nearest to the lock first', async () => {
    const near = part('a', 'process', { holder: party(1), waiters: [party(2)] });
    const middle = part('b', 'host', { holder: party(3), waiters: [party(4)] });
    const wide = part('c', 'network', { waiters: [party(5)] });
    expect(await made(near, middle, wide).who('s')).toEqual({
      holder: party(3),
      waiters: [party(5), party(4), party(2)],
    });
    const held = part('c', 'network', { holder: party(6) });
    expect((await made(near, held).who('s')).holder).toEqual(party(6));
  });

  it('are closed together', async () => {
    await made(part('a', 'process'), part('b', 'host')).close?.();
    expect(log).toEqual(['b closed', 'a closed']);
    await expect(made(processBackend()).close?.()).resolves.toBeUndefined();
  });
});

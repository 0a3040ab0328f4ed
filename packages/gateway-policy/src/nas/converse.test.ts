/** Speaking with one NAS over real sockets, on both runtimes. The double computes every authenticator for itself. */
import { createSecretKey } from 'node:crypto';
import { systemClock } from '@holdfast/base';
import { afterEach, describe, expect, it } from 'vitest';
import { fastClock } from '../../../../tests/support/fast-clock.ts';
import {
  type NasBehaviour,
  type NasDouble,
  type NasDoubleOptions,
  startNasDouble,
} from '../../../../tests/support/nas-double.ts';
import { type ConversationEnd, converse, type NasAnswer } from './converse.ts';
import type { NasAction } from './nas-actions.ts';
import { openNasSocket } from './nas-socket.ts';

const secret = 'a shared secret';

describe('a NAS is asked', () => {
  const doubles: NasDouble[] = [];

  afterEach(async () => {
    for (const double of doubles.splice(0)) await double[Symbol.asyncDispose]();
  });

  const start = async (behave: NasDoubleOptions['behave'] = () => 'ack', withSecret = secret) => {
    const double = await startNasDouble({ secret: withSecret, behave });
    doubles.push(double);
    return double;
  };
  const always = (behaviour: NasBehaviour) => start(() => behaviour);

  it.each(['ack', 'signed-ack', 'twice'] as const)('and its answer counts: %s', async (behaviour) => {
    const double = await always(behaviour);
    expect(await ask(double, 3)).toMatchObject({ answers: repeat(3, { kind: 'ack' }), verdict: 'heard' });
    expect([double.requests.length, double.refused]).toEqual([3, []]);
  });

  it('with the Message-Authenticator first, the identity, and the time last', async () => {
    const double = await always('ack');
    await ask(double, 1);
    const [request] = double.requests;
    expect(request?.order).toEqual(['80', '1', '44', '11', '55']);
    expect(request?.attributes['44']?.toString()).toBe('session-0');
    const seconds = request?.attributes['55']?.readUInt32BE(0) ?? 0;
    expect(Math.abs(seconds - Date.now() / 1_000)).toBeLessThan(5);
  });

  it.each([
    [{ nak: 503 }, 503],
    [{ nak: null }, null],
  ])('and its refusal counts, with its cause: %j', async (behaviour, errorCause) => {
    const { answers } = await ask(await always(behaviour), 1);
    expect(answers).toEqual([{ kind: 'nak', errorCause }]);
  });

  it('again with the same bytes when no answer comes, until one does', async () => {
    const double = await always({ atTry: 2 });
    const { answers, packets } = await ask(double, 1);
    expect(answers).toEqual([{ kind: 'ack' }]);
    expect([packets > 1, double.datagrams > 1, double.requests.length]).toEqual([true, true, 1]);
  });

  it('and an answer that comes late counts as long as it is waited for', async () => {
    const double = await always({ lateMs: 600 });
    expect((await ask(double, 1)).answers).toEqual([{ kind: 'ack' }]);
    expect([double.datagrams > 1, double.requests.length]).toEqual([true, 1]);
    expect((await ask(double, 1, AbortSignal.timeout(10))).answers).toEqual([{ kind: 'unfinished' }]);
    expect((await ask(double, 1)).answers).toEqual([{ kind: 'ack' }]);
  });

  it('and an answer that is not its own does not count', async () => {
    const ways = ['other-port', 'wrong-code', 'cut-short', 'wrong-message-authenticator'] as const;
    const asked = [...ways, { forged: 'only' } as const].map(async (behaviour) => {
      const { answers, verdict } = await askBriefly(await always(behaviour), 1);
      expect([answers, verdict], JSON.stringify(behaviour)).toEqual([[{ kind: 'unfinished' }], 'silent']);
    });
    await Promise.all(asked);
  });

  it('and its own answer counts behind one that is forged', async () => {
    expect((await ask(await always({ forged: 'first' }), 1)).answers).toEqual([{ kind: 'ack' }]);
  });

  it('and one that has another secret is never believed', async () => {
    const double = await start(() => 'ack', 'another secret');
    expect((await askBriefly(double, 1)).verdict).toBe('silent');
    expect(new Set(double.refused)).toEqual(new Set(['Request Authenticator']));
  });

  it('for a little as long as it is silent: the rest would be the same wait again', async () => {
    const [double, stranger] = [await always('never'), await always({ forged: 'only' })];
    const asked = await Promise.all([askFast(double, 100), askFast(stranger, 1)]);
    const [{ answers, verdict, packets }, { answers: refused }] = asked;
    expect(refused).toEqual([{ kind: 'refused' }]);
    expect(verdict).toBe('silent');
    expect(packets).toBe(4 * 3);
    expect(answers.filter(({ kind }) => kind === 'silent')).toHaveLength(4);
    expect(answers.filter(({ kind }) => kind === 'unfinished')).toHaveLength(96);
  });

  it('for many things at once, each identifier once from a port, and no more than it can take', async () => {
    const pause = Promise.withResolvers<void>();
    let waiting = 0;
    const double = await start(async (): Promise<NasBehaviour> => {
      waiting += 1;
      if (waiting >= 4) pause.resolve();
      await pause.promise;
      return 'ack';
    });
    const { answers } = await ask(double, 600);
    expect(answers).toEqual(repeat(600, { kind: 'ack' }));
    const places = double.requests.map(({ port, identifier }) => `${port} ${identifier}`);
    expect(new Set(places).size).toBe(600);
    expect(double.mostAtOnce).toBeLessThanOrEqual(32);
  });

  it('until it is enough, and what has no answer by then is left', async () => {
    const double = await start(({ attributes }) =>
      attributes['44']?.toString() === 'session-0' ? 'ack' : 'never',
    );
    const enough = new AbortController();
    const { answers, verdict } = await ask(double, 2, enough.signal, () => enough.abort());
    expect(answers).toEqual([{ kind: 'ack' }, { kind: 'unfinished' }]);
    expect(verdict).toBe('heard');
  });

  it('in vain where no way leads, and says so at once', async () => {
    const endpoint = { nasIp: '255.255.255.255', port: 9 }; // the kernel lets nobody connect to it
    await expect(openNasSocket(endpoint)).rejects.toThrow();
    const { answers, verdict } = await converseWith(endpoint, 6);
    expect(answers).toEqual([...repeat(4, { kind: 'silent' }), ...repeat(2, { kind: 'unfinished' })]);
    expect(verdict).toBe('silent');
  });
});

type Asked = ConversationEnd & { readonly answers: readonly NasAnswer[] };

function ask(
  { address, port }: NasDouble,
  count: number,
  stop?: AbortSignal,
  onAnswer?: () => void,
): Promise<Asked> {
  return converseWith({ nasIp: address, port }, count, stop, onAnswer);
}

/** All waits pass. */
function askFast({ address, port }: NasDouble, count: number): Promise<Asked> {
  return converseWith({ nasIp: address, port }, count, undefined, undefined, fastClock);
}

/** Long enough for a first wait to have passed. */
function askBriefly(double: NasDouble, count: number): Promise<Asked> {
  return ask(double, count, AbortSignal.timeout(700));
}

async function converseWith(
  endpoint: { readonly nasIp: string; readonly port: number },
  count: number,
  stop = new AbortController().signal,
  onAnswer: () => void = () => undefined,
  clock = systemClock,
): Promise<Asked> {
  const actions = Array.from({ length: count }, (_value, index) => actionOf(index, endpoint.nasIp));
  const answers = new Map<NasAction, NasAnswer>();
  const end = await converse({
    endpoint,
    secret: createSecretKey(secret, 'utf8'),
    actions,
    clock,
    stop,
    onAnswer: (action, answer) => {
      answers.set(action, answer);
      onAnswer();
    },
  });
  return { ...end, answers: actions.flatMap((action) => answers.get(action) ?? []) };
}

function actionOf(index: number, nasIp: string): NasAction {
  const session = {
    id: index,
    vpnConnectionId: index,
    holderToken: `token-${index}`,
    nasIp,
    userName: 'zoë',
    acctSessionId: `session-${index}`,
    framedIp: null,
  };
  return {
    kind: 'coa',
    isHeld: true,
    session,
    attributes: [
      { name: 'User-Name', value: 'zoë' },
      { name: 'Acct-Session-Id', value: `session-${index}` },
      { name: 'Filter-Id', value: 'holdfast-open' },
    ],
    mark: 'mark',
  };
}

function repeat<Item>(count: number, item: Item): readonly Item[] {
  return Array<Item>(count).fill(item);
}

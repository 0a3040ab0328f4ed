/** The client against a server that answers as it is told, over HTTP. */
import { describe, expect, it } from 'vitest';
import { PanelClient, type PanelClientOptions } from './panel-client.ts';
import { type Answer, type Asked, granted, problem, scriptedPanel } from './testing/scripted-panel.ts';
import { steppedClock } from './testing/stepped-clock.ts';

const credentials = { email: 'ana@example.org', password: 'correct horse' };
const changed = { id: '17', version: 42, value: {} };
const patch = { method: 'PATCH', path: '/v1/connections/17', body: { version: 41, label: 'Oats' } } as const;
const retryLater = (name: string, status: number, seconds: string): Answer => ({
  ...problem(name, status),
  headers: { 'content-type': 'application/problem+json', 'retry-after': seconds },
});

/** Logs in as `token-1`, refreshes to `token-2` and so on; all else is up to the test. */
async function loggedIn(
  answer: (asked: Asked) => Answer | Promise<Answer>,
  options: PanelClientOptions = {},
  refresh: (number: number) => Answer | Promise<Answer> = (number) => granted(number),
) {
  let tokens = 1;
  const panel = await scriptedPanel((asked) => {
    if (asked.path === '/v1/auth/login') return granted(1);
    if (asked.path !== '/v1/auth/refresh') return answer(asked);
    tokens += 1;
    return refresh(tokens);
  });
  const client = new PanelClient({ baseUrl: panel.url, cookies: true, ...options });
  await client.login(credentials);
  return { panel, client, [Symbol.asyncDispose]: () => panel[Symbol.asyncDispose]() };
}

const isWith = (token: number, { headers }: Asked) => headers.authorization === `Bearer token-${token}`;

describe('a login', () => {
  it('tells who it is, and sends the token from then on', async () => {
    await using world = await loggedIn(() => ({ body: { items: [], next: null, total: 0 } }));
    expect(world.client.me).toMatchObject({ id: 'c5', email: 'ana@example.org' });
    await world.client.connections({ search: 'a&b', status: undefined, limit: 5 });
    const [login, read] = world.panel.asked;
    expect(login?.body).toEqual({ ...credentials, attemptId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(read).toMatchObject({ path: '/v1/connections?search=a%26b&limit=5' });
    expect(read && isWith(1, read)).toBe(true);
  });

  it('that is refused says why, and changes nobody', async () => {
    await using panel = await scriptedPanel(() => problem('captcha-required', 401, { captcha: 'required' }));
    const client = new PanelClient({ baseUrl: panel.url });
    await expect(client.login({ ...credentials, attemptId: 'kept' })).rejects.toMatchObject({
      code: 'captcha-required',
      status: 401,
      problem: { captcha: 'required' },
    });
    expect(panel.asked[0]?.body).toMatchObject({ attemptId: 'kept' });
    expect(client.me).toBeUndefined();
  });

  it('keeps the cookie for refreshes alone', async () => {
    await using world = await loggedIn(({ path }) =>
      path === '/v1/auth/logout' ? { status: 204 } : { body: {} },
    );
    await world.client.connection('17');
    await world.client.resume();
    await world.client.logout();
    const cookies = world.panel.asked.map(({ path, headers }) => [
      path,
      headers.cookie,
      headers['x-holdfast-csrf'],
    ]);
    expect(cookies).toEqual([
      ['/v1/auth/login', undefined, undefined],
      ['/v1/connections/17', undefined, undefined],
      ['/v1/auth/refresh', 'holdfast-refresh=r1', '1'],
      ['/v1/auth/logout', 'holdfast-refresh=r2', '1'],
    ]);
    expect(world.client.me).toBeUndefined();
  });
});

describe('a token that is refused', () => {
  it('is refreshed once, whoever asks, and every request is sent once more', async () => {
    await using world = await loggedIn((asked) =>
      isWith(1, asked) ? problem('signed-out', 401) : { body: { path: asked.path } },
    );
    const ids = ['1', '2', '3', '4', '5'];
    const answers = await Promise.all(ids.map((id) => world.client.connection(id)));
    expect(answers).toEqual(ids.map((id) => ({ path: `/v1/connections/${id}` })));
    expect(world.panel.count('/v1/auth/refresh')).toBe(1);
  });

  it('is not refreshed again by a request that was slower than the refresh of another', async () => {
    const slow = Promise.withResolvers<void>();
    await using world = await loggedIn(async (asked) => {
      if (!isWith(1, asked)) return { body: {} };
      if (asked.path.endsWith('/2')) await slow.promise;
      return problem('signed-out', 401);
    });
    const second = world.client.connection('2');
    await world.client.connection('1');
    slow.resolve();
    await second;
    expect(world.panel.count('/v1/auth/refresh')).toBe(1);
  });

  it('ends the session when it is refused anew, or cannot be refreshed, and nothing is sent from then on', async () => {
    for (const refresh of [granted, () => problem('session-ended', 401)]) {
      let ends = 0;
      await using world = await loggedIn(
        () => problem('signed-out', 401),
        { onSignedOut: () => ++ends },
        refresh,
      );
      await expect(world.client.connection('1')).rejects.toMatchObject({ code: 'signed-out' });
      const { length } = world.panel.asked;
      expect(await world.client.send(patch)).toMatchObject({ status: 401 });
      expect([ends, world.panel.asked.length, world.client.me]).toEqual([1, length, undefined]);
    }
  });

  it('stays when the refresh fails for now, and the request tells why', async () => {
    await using world = await loggedIn(
      (asked) => (isWith(1, asked) ? problem('signed-out', 401) : { body: {} }),
      {},
      (number) => (number === 2 ? retryLater('unavailable', 503, '2') : granted(number)),
    );
    await expect(world.client.connection('1')).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterMs: 2_000,
    });
    expect(world.client.me).toBeDefined();
    await world.client.connection('1');
  });

  it('is refreshed again where another tab was quicker', async () => {
    await using world = await loggedIn(
      (asked) => (isWith(1, asked) ? problem('signed-out', 401) : { body: {} }),
      { clock: steppedClock(1_000) },
      (number) => (number < 4 ? problem('refresh-superseded', 401) : granted(number)),
    );
    await world.client.connection('1');
    expect(world.panel.count('/v1/auth/refresh')).toBe(3);
  });

  it('never becomes that of somebody else', async () => {
    let ends = 0;
    await using world = await loggedIn(
      (asked) => (isWith(1, asked) ? problem('signed-out', 401) : { body: changed }),
      { onSignedOut: () => ++ends },
      (number) => granted(number, 'c6'),
    );
    expect(await world.client.send(patch)).toMatchObject({ status: 401 });
    expect([ends, world.panel.count('/v1/connections/17')]).toEqual([1, 1]);
    expect(await world.client.resume()).toMatchObject({ id: 'c6' });
  });

  it('is not replaced by that of whoever logs in while the request is on its way', async () => {
    const slow = Promise.withResolvers<void>();
    let logins = 0;
    await using panel = await scriptedPanel(async ({ path }) => {
      if (path === '/v1/auth/login') return granted(++logins, `c${logins}`);
      await slow.promise;
      return problem('signed-out', 401);
    });
    const client = new PanelClient({ baseUrl: panel.url, cookies: true });
    await client.login(credentials);
    const sent = client.send(patch);
    await expect.poll(() => panel.count(patch.path)).toBe(1);
    await client.login(credentials);
    slow.resolve();
    expect(await sent).toMatchObject({ status: 401 });
    expect([panel.count(patch.path), client.me?.id]).toEqual([1, 'c2']);
  });

  it('of a refresh that is overtaken by a logout is nobody’s', async () => {
    const late = Promise.withResolvers<Answer>();
    await using world = await loggedIn(
      () => ({ status: 204 }),
      {},
      () => late.promise,
    );
    const first = world.client.resume();
    await expect.poll(() => world.panel.count('/v1/auth/refresh')).toBe(1);
    await world.client.logout();
    const second = world.client.resume();
    late.resolve(granted(2));
    expect([await first, await second, world.client.me]).toEqual([undefined, undefined, undefined]);
  });

  it('of a refresh that is overtaken by a login is not taken', async () => {
    const late = Promise.withResolvers<Answer>();
    await using world = await loggedIn(
      (asked) => (isWith(2, asked) ? problem('not-found', 404) : { body: {} }),
      {},
      () => late.promise,
    );
    const resumed = world.client.resume();
    await expect.poll(() => world.panel.count('/v1/auth/refresh')).toBe(1);
    await world.client.login(credentials);
    late.resolve(granted(2, 'c9'));
    expect(await resumed).toMatchObject({ id: 'c5' });
    await world.client.connection('1');
  });
});

describe('resume', () => {
  it('is nobody where the cookie stands for nothing, without telling that a session has ended', async () => {
    let ends = 0;
    await using panel = await scriptedPanel(() => problem('session-ended', 401));
    const client = new PanelClient({ baseUrl: panel.url, onSignedOut: () => ++ends });
    expect(await client.resume()).toBeUndefined();
    expect(ends).toBe(0);
  });

  it('throws where the server does not say', async () => {
    await using panel = await scriptedPanel(() => 'cut');
    await expect(new PanelClient({ baseUrl: panel.url }).resume()).rejects.toMatchObject({
      code: 'unreachable',
    });
  });
});

describe('a request', () => {
  it.each<[string, Answer]>([
    ['a connection that is cut', 'cut'],
    [
      'a body that is cut',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"id":', () => response.destroy());
      },
    ],
  ])('is unreachable after %s', async (_, answer) => {
    await using world = await loggedIn(() => answer);
    expect(await world.client.send(patch)).toEqual({ status: 0, headers: {}, body: undefined });
    await expect(world.client.connection('1')).rejects.toMatchObject({
      code: 'unreachable',
      problem: undefined,
    });
  });

  it('is unexpected where a proxy answers for the panel', async () => {
    await using world = await loggedIn(() => ({ headers: { 'content-type': 'text/html' }, body: '<html>' }));
    await expect(world.client.connection('1')).rejects.toMatchObject({ code: 'unexpected', status: 200 });
  });

  it('follows no redirection, which could lead elsewhere', async () => {
    await using world = await loggedIn(() => ({ status: 307, headers: { location: '/v1/me' } }));
    expect(await world.client.send(patch)).toMatchObject({ status: 0 });
    expect(world.panel.count('/v1/me')).toBe(0);
  });

  it('rejects with the reason when it is aborted', async () => {
    await using world = await loggedIn(() => () => undefined);
    const controller = new AbortController();
    const sent = world.client.send({ ...patch, signal: controller.signal });
    await expect.poll(() => world.panel.count(patch.path)).toBe(1);
    controller.abort(new Error('left the page'));
    await expect(sent).rejects.toThrow('left the page');
  });
});

describe('a mutation', () => {
  it('is repeated with the same body while it may help, and not sooner than the server asks', async () => {
    const answers: Answer[] = ['cut', retryLater('busy', 503, '3'), { status: 502 }, { body: changed }];
    const clock = steppedClock(60_000);
    await using world = await loggedIn(() => answers.shift() ?? 'cut', { clock, random: () => 0.5 });
    expect(await world.client.mutate(patch)).toMatchObject({ status: 200, body: changed });
    const bodies = world.panel.asked.filter(({ path }) => path === patch.path).map(({ body }) => body);
    expect(bodies[0]).toEqual({ ...patch.body, clientMutationId: expect.any(String) });
    expect(bodies).toEqual(Array(4).fill(bodies[0]));
    expect(clock.slept).toEqual([125, 3_250, 500]);
  });

  it.each([
    ['version-conflict', 409],
    ['state-conflict', 409],
    ['invalid', 400],
    ['forbidden', 403],
    ['internal', 500],
  ])('is not repeated after %s', async (name, status) => {
    await using world = await loggedIn(() => problem(name, status));
    expect(await world.client.mutate(patch)).toMatchObject({ status });
    expect(world.panel.count(patch.path)).toBe(1);
  });

  it('answers with the last answer when the tries are used up, under the id that it was given', async () => {
    await using world = await loggedIn(() => 'cut', { clock: steppedClock(60_000) });
    const body = { ...patch.body, clientMutationId: 'mine' };
    expect(await world.client.mutate({ ...patch, body }, { tries: 3 })).toMatchObject({ status: 0 });
    expect(world.panel.asked.slice(1).map((asked) => asked.body)).toEqual([body, body, body]);
  });
});

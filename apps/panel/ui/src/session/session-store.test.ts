import type { Me } from '@holdfast/panel-client/schema';
import { beforeEach, describe, expect, it } from 'vitest';
import { type SessionClient, SessionStore } from './session-store.ts';

const ana: Me = { id: 'a1', role: 'admin', email: 'ana@example.org', name: 'Ana' };
const bruno: Me = { id: 'c5', role: 'customer', email: 'bruno@example.org', name: 'Bruno', customerId: 5 };
const credentials = { email: 'x@example.org', password: 'secret' };

describe('a session', () => {
  let next: Me | undefined;
  let failure: Error | undefined;
  let startedAnew: number;
  let store: SessionStore;

  beforeEach(() => {
    next = ana;
    failure = undefined;
    startedAnew = 0;
    const orFail = async <T>(value: T): Promise<T> => {
      if (failure !== undefined) throw failure;
      return value;
    };
    const client: SessionClient = {
      login: () => orFail(next ?? ana),
      resume: () => orFail(next),
      logout: () => orFail(undefined),
    };
    store = new SessionStore(client, () => {
      startedAnew += 1;
    });
  });

  it('goes on with whom the cookie stands for, with nobody, or is not known', async () => {
    await store.resume();
    expect(store.snapshot()).toEqual({ kind: 'signed-in', me: ana });
    next = undefined;
    await store.resume();
    expect(store.snapshot()).toEqual({ kind: 'signed-out' });
    failure = new Error('unreachable');
    await store.resume();
    expect(store.snapshot()).toEqual({ kind: 'unreachable' });
  });

  it('that is interrupted waits for the same person, and lets everybody go on who waited', async () => {
    await store.resume();
    store.interrupt();
    expect(store.snapshot()).toEqual({ kind: 'interrupted', me: ana });
    const waiting = [store.signIn(), store.signIn()];
    await store.login(credentials);
    expect(await Promise.all(waiting)).toEqual([ana, ana]);
    expect(store.snapshot().kind).toBe('signed-in');
    expect(startedAnew).toBe(0);
  });

  it('that is interrupted shows nothing of it to somebody else', async () => {
    await store.resume();
    store.interrupt();
    let went = false;
    void store.signIn().then(() => {
      went = true;
    });
    next = bruno;
    await store.login(credentials);
    expect(startedAnew).toBe(1);
    expect(went).toBe(false);
    expect(store.snapshot()).toEqual({ kind: 'interrupted', me: ana });
  });

  it('stays interrupted when the password was wrong', async () => {
    await store.resume();
    store.interrupt();
    failure = new Error('login-failed');
    await expect(store.login(credentials)).rejects.toBe(failure);
    expect(store.snapshot().kind).toBe('interrupted');
  });

  it('of nobody is not interrupted', () => {
    store.interrupt();
    expect(store.snapshot().kind).toBe('resuming');
  });

  it('ends unless a guard wants them to stay', async () => {
    await store.resume();
    const answers = [false, true];
    const release = store.guardSignOut(async () => answers.shift() ?? true);
    expect(await store.logout()).toBe(false);
    expect(store.snapshot().kind).toBe('signed-in');
    expect(await store.logout()).toBe(true);
    expect(store.snapshot().kind).toBe('signed-out');
    release();
  });

  it('does not end where the server could not be told', async () => {
    await store.resume();
    failure = new Error('unreachable');
    await expect(store.logout()).rejects.toBe(failure);
    expect(store.snapshot().kind).toBe('signed-in');
  });
});

/** Admins of the panel: who may become one, and what takes their access away. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cheapHasher,
  type LoginWorld,
  loginWorld,
  password,
  root,
  wideLimits,
} from '../testing/login-world.ts';
import { addAdmin, listAdmins, setAdminPassword, setAdminStatus } from './admins.ts';

const passwords = cheapHasher();
const carla = { email: ' Carla@Example.com', name: 'Carla', password: 'a password of carla' };

describe('an admin', () => {
  let world: LoginWorld;

  beforeEach(async () => {
    world = await loginWorld({ limits: wideLimits });
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const add = (part: object = {}) =>
    addAdmin(world.truth, { ...carla, atMs: world.clock.wallMs(), ...part }, passwords);
  const login = async (email: string, typed: string) => {
    const browser = world.browser();
    return { browser, status: (await browser.login(email, typed)).status };
  };

  it('is added under the one form of the address, listed, and logs in', async () => {
    expect(await add()).toBe('a2');
    expect(await listAdmins(world.truth)).toEqual([
      expect.objectContaining({
        principal: 'a2',
        email: 'carla@example.com',
        name: 'Carla',
        status: 'active',
      }),
      expect.objectContaining({ principal: 'a1', email: root }),
    ]);
    expect((await login('carla@example.com', carla.password)).status).toBe(200);
  });

  it.each([
    ['an admin has the address', { email: 'ROOT@example.com' }, 'EMAIL_TAKEN'],
    ['a customer has the address', { email: 'ana@EXAMPLE.com' }, 'EMAIL_TAKEN'],
    ['it is no address', { email: 'carla' }, 'EMAIL_INVALID'],
    ['the password is short', { password: 'nine char' }, 'PASSWORD_REFUSED'],
    ['the password is endless', { password: 'x'.repeat(257) }, 'PASSWORD_REFUSED'],
  ])('is refused where %s, and nobody is added', async (_what, part, code) => {
    await expect(add(part)).rejects.toMatchObject({ code });
    expect(await listAdmins(world.truth)).toHaveLength(1);
  });

  it('with a new password is logged in nowhere, and in with it', async () => {
    const { browser } = await login(root, password);
    await setAdminPassword(world.truth, { email: root, password: 'another password' }, passwords);
    expect((await browser.refresh()).body.code).toBe('session_ended');
    world.pass(5_001);
    expect(await browser.me()).toBe(401);
    expect((await login(root, password)).status).toBe(401);
    expect((await login(root, 'another password')).status).toBe(200);
  });

  it('who is disabled is out within five seconds, and in again with the old password', async () => {
    const { browser } = await login(root, password);
    const { browser: silent } = await login(root, password);
    expect(await setAdminStatus(world.truth, root, 'disabled')).toBe(true);
    expect(await setAdminStatus(world.truth, root, 'disabled')).toBe(false);
    world.pass(5_001);
    expect(await browser.me()).toBe(401);
    expect((await browser.refresh()).status).toBe(401);
    expect((await login(root, password)).status).toBe(401);
    expect(await setAdminStatus(world.truth, root, 'active')).toBe(true);
    for (const each of [browser, silent]) expect((await each.refresh()).status).toBe(401);
    expect((await login(root, password)).status).toBe(200);
  });

  it('whom nobody knows cannot be changed', async () => {
    await expect(setAdminStatus(world.truth, 'x@example.com', 'disabled')).rejects.toMatchObject({
      code: 'ADMIN_UNKNOWN',
    });
    const set = setAdminPassword(
      world.truth,
      { email: 'x@example.com', password: 'a new password' },
      passwords,
    );
    await expect(set).rejects.toMatchObject({ code: 'ADMIN_UNKNOWN' });
  });
});

/** Customers: their addresses and passwords, and what becomes of their connections. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  authenticateCustomer,
  changeCustomer,
  createPasswordHasher,
  registerCustomer,
  setPassword,
  type Truth,
} from '../index.ts';
import { type AccountWorld, openAccounts, start } from '../testing/account-world.ts';
import { codeOf } from '../testing/code-of.ts';

/** Cheap, so that the tests are about something else. */
const cost = { memoryKib: 8, passes: 1, lanes: 1 };
const passwords = createPasswordHasher({ cost });
const password = 'correct horse';

export function customersHold(truth: () => Truth): void {
  let world: AccountWorld;
  const register = (email: string, secret?: string) =>
    registerCustomer(
      truth(),
      { email, at: start, ...(secret !== undefined && { password: secret }) },
      passwords,
    );
  const login = (email: string, secret: string) =>
    authenticateCustomer(truth(), { email, password: secret }, passwords);
  const customerOf = (id: number) =>
    truth().db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  beforeEach(async () => {
    world = await openAccounts(truth());
  });

  describe('registering', () => {
    it('keeps the address in one form and the password as a hash', async () => {
      const id = await register('  Ana.Müller@EXAMPLE.com ', password);
      const row = await customerOf(id);
      expect(row).toMatchObject({ email: 'ana.müller@example.com', status: 'active', version: 1 });
      expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    });

    it('of an address that is taken is refused in every way of writing it, and adds no row', async () => {
      await register('ana@example.com');
      const before = await world.everything();
      for (const email of ['ana@example.com', 'ANA@example.COM', '\tana@example.com\n']) {
        expect(await codeOf(register(email)), email).toBe('EMAIL_TAKEN');
      }
      expect(await world.everything()).toEqual(before);
    });

    it.each([
      ['an address without a domain', 'ana', password, 'EMAIL_INVALID'],
      ['an empty address', '', password, 'EMAIL_INVALID'],
      ['a short password', 'ana@example.com', 'seven77', 'PASSWORD_REFUSED'],
      ['an endless password', 'ana@example.com', 'x'.repeat(257), 'PASSWORD_REFUSED'],
    ])('with %s is refused and adds no row', async (_what, email, secret, code) => {
      expect(await codeOf(register(email, secret))).toBe(code);
      expect(await truth().db.selectFrom('customers').select('id').execute()).toEqual([]);
    });

    it('of two at once with one address lets one in', async () => {
      const codes = await Promise.all(
        ['ana@example.com', 'Ana@Example.com'].map((email) => codeOf(register(email))),
      );
      expect(codes.toSorted()).toEqual(['EMAIL_TAKEN', 'none']);
    });
  });

  describe('a login', () => {
    it('is accepted with the password, however the address is written', async () => {
      const customerId = await register('ana@example.com', password);
      expect(await login('ANA@Example.com', password)).toEqual({ kind: 'accepted', customerId });
    });

    it.each([
      ['another password', 'ana@example.com', 'correct horsf'],
      ['an address that nobody has', 'bruno@example.com', password],
      ['what is no address', 'ana', password],
      ['the password of a customer who has none', 'carla@example.com', '!'],
      ['an endless password', 'ana@example.com', 'x'.repeat(100_000)],
    ])('with %s is refused for its credentials', async (_what, email, secret) => {
      await register('ana@example.com', password);
      await register('carla@example.com');
      expect(await login(email, secret)).toEqual({ kind: 'refused', why: 'credentials' });
    });

    it('of a suspended customer says so to who has the password only', async () => {
      const customerId = await register('ana@example.com', password);
      await changeCustomer(truth(), { customerId, event: 'suspend', at: start });
      expect(await login('ana@example.com', password)).toEqual({ kind: 'refused', why: 'suspended' });
      expect(await login('ana@example.com', 'wrong pass')).toEqual({ kind: 'refused', why: 'credentials' });
    });

    it('renews a hash of lower cost, once, and counts no version', async () => {
      const id = await register('ana@example.com', password);
      const dearer = createPasswordHasher({ cost: { ...cost, memoryKib: 16 } });
      const again = () => authenticateCustomer(truth(), { email: 'ana@example.com', password }, dearer);
      expect(await again()).toEqual({ kind: 'accepted', customerId: id });
      const renewed = await customerOf(id);
      expect(renewed).toMatchObject({ version: 1 });
      expect(renewed.password_hash).toContain('$m=16,t=1,p=1$');
      await again();
      expect(await customerOf(id)).toEqual(renewed);
      expect(await login('ana@example.com', password)).toMatchObject({ kind: 'accepted' });
      expect(await customerOf(id)).toEqual(renewed);
    });

    it('against a hash that cannot be read is an error, not a refusal', async () => {
      const id = await register('ana@example.com', password);
      await truth()
        .db.updateTable('customers')
        .set({ password_hash: 'md5:1234' })
        .where('id', '=', id)
        .execute();
      expect(await codeOf(login('ana@example.com', password))).toBe('TRUTH_INVALID');
    });
  });

  describe('a new password', () => {
    it('takes the place of the old one and counts the version', async () => {
      const customerId = await register('ana@example.com', password);
      await setPassword(truth(), { customerId, password: 'battery staple', version: 1 }, passwords);
      expect(await login('ana@example.com', password)).toMatchObject({ kind: 'refused' });
      expect(await login('ana@example.com', 'battery staple')).toMatchObject({ kind: 'accepted' });
      expect(await customerOf(customerId)).toMatchObject({ version: 2 });
    });

    it('of an unknown or deleted customer, of another version, or a short one is refused', async () => {
      const customerId = await register('ana@example.com', password);
      const set = (part: object) =>
        codeOf(setPassword(truth(), { customerId, password: 'battery staple', ...part }, passwords));
      const before = await world.everything();
      expect(await set({ customerId: 99 })).toBe('CUSTOMER_UNKNOWN');
      expect(await set({ version: 7 })).toBe('VERSION_CONFLICT');
      expect(await set({ password: 'short' })).toBe('PASSWORD_REFUSED');
      expect(await world.everything()).toEqual(before);
      await changeCustomer(truth(), { customerId, event: 'delete', at: start });
      expect(await set({})).toBe('CUSTOMER_DELETED');
    });
  });

  describe('a customer', () => {
    it('who is suspended takes all of its connections along, and an activation restores exactly what was', async () => {
      const customerId = await register('ana@example.com');
      const ids: number[] = [];
      for (const gateway of ['gw1', 'gw2', undefined]) {
        const { id } = await world.provision(gateway);
        await world.happen(id, { kind: 'claim', customerId });
        ids.push(id);
      }
      const [first = 0, second = 0, third = 0] = ids;
      await world.happen(second, { kind: 'restrict', reason: 'QUOTA' });
      await world.happen(third, { kind: 'disable' });
      const before = await Promise.all(ids.map(world.connection));
      const told = (await world.triggers()).length;

      const suspension = await changeCustomer(truth(), { customerId, event: 'suspend', at: start });
      expect(suspension).toMatchObject({
        isChanged: true,
        status: 'suspended',
        version: 2,
        gateways: ['gw1', 'gw2'],
      });
      expect(await Promise.all(ids.map(world.connection))).toEqual(
        before.map((row) => ({ ...row, restricted_effective: 1 })),
      );
      await changeCustomer(truth(), { customerId, event: 'activate', at: start });
      expect(await Promise.all(ids.map(world.connection))).toEqual(before);
      expect((await world.triggers()).length).toBe(told + 4);
      expect(await world.connection(first)).toMatchObject({ restricted_effective: 0 });
    });

    it('who is suspended already, or active already, is left alone and nobody is told', async () => {
      const customerId = await register('ana@example.com');
      const { id } = await world.provision('gw1');
      await world.happen(id, { kind: 'claim', customerId });
      const before = await world.everything();
      expect(await changeCustomer(truth(), { customerId, event: 'activate', at: start })).toMatchObject({
        isChanged: false,
        version: 1,
      });
      expect(await world.everything()).toEqual(before);
    });

    it('who is deleted stays deleted, without a password, and keeps the address', async () => {
      const customerId = await register('ana@example.com', password);
      const event = (kind: 'suspend' | 'activate' | 'delete') =>
        changeCustomer(truth(), { customerId, event: kind, at: start });
      await event('delete');
      expect(await customerOf(customerId)).toMatchObject({
        status: 'deleted',
        password_hash: '!',
        version: 2,
      });
      expect(await event('delete')).toMatchObject({ isChanged: false });
      expect(await codeOf(event('activate'))).toBe('CUSTOMER_DELETED');
      expect(await codeOf(event('suspend'))).toBe('CUSTOMER_DELETED');
      expect(await codeOf(register('ana@example.com'))).toBe('EMAIL_TAKEN');
      expect(await login('ana@example.com', password)).toEqual({ kind: 'refused', why: 'credentials' });
    });

    it('of another version, or unknown, is refused and left as it is', async () => {
      const customerId = await register('ana@example.com');
      const before = await world.everything();
      const suspend = (part: object) =>
        codeOf(changeCustomer(truth(), { customerId, event: 'suspend', at: start, ...part }));
      expect(await suspend({ version: 2 })).toBe('VERSION_CONFLICT');
      expect(await suspend({ customerId: 99 })).toBe('CUSTOMER_UNKNOWN');
      expect(await world.everything()).toEqual(before);
    });

    it('may have several devices, each a connection of its own', async () => {
      const customerId = await register('ana@example.com');
      for (const _device of ['phone', 'laptop', 'router']) {
        const { id } = await world.provision();
        await world.happen(id, { kind: 'claim', customerId });
      }
      const rows = await truth()
        .db.selectFrom('vpn_connections')
        .select('id')
        .where('customer_id', '=', customerId)
        .execute();
      expect(rows).toHaveLength(3);
    });
  });
}

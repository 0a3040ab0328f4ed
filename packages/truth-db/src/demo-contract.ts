/** The demo data. */
import { expect, it } from 'vitest';
import {
  authenticateCustomer,
  createPasswordHasher,
  findRadiusLogin,
  isRadiusSecretOf,
  readGatewaySnapshot,
  readNasSnapshot,
  renewDemoLogins,
  seedDemo,
  setDemoNas,
  type Truth,
} from './index.ts';
import { now } from './testing/session-world.ts';
import { withGateway } from './testing/truth-rows.ts';

/** Cheap, so that the tests are about something else. */
const passwords = createPasswordHasher({ cost: { memoryKib: 8, passes: 1, lanes: 1 } });

export function demoHolds(truth: () => Truth): void {
  const demo = { gateway: 'demo', device: 'wg0', now } as const;
  const nas = { address: '127.0.0.1', coaPort: 3_799, coaSecret: 'a secret of the demo' } as const;
  const connections = () => truth().db.selectFrom('vpn_connections').selectAll().orderBy('id').execute();
  const nasAddresses = () => truth().db.selectFrom('gateway_nas_addresses').selectAll().execute();

  it('the demo is added once and is the same every time', async () => {
    expect(await seedDemo(truth(), demo)).toBe(true);
    const first = await connections();
    expect(await seedDemo(truth(), { ...demo, now: now + 1 })).toBe(false);
    expect(await connections()).toEqual(first);
    expect(first.map(({ restricted_effective }) => Boolean(restricted_effective))).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(first.map((row) => row.down_kbit)).toEqual([50_000, 20_000, null, 2_000, 10_000, 10_000, 5_000]);
  });

  it('nobody of the demo is connected, and its trigger is there', async () => {
    await seedDemo(truth(), demo);
    expect(await readGatewaySnapshot(truth(), 'demo', now)).toMatchObject({ newestTrigger: 1, sessions: [] });
  });

  it('a gateway that exists is not touched by the demo of its name', async () => {
    await withGateway(truth(), 'demo');
    expect(await seedDemo(truth(), demo)).toBe(false);
    expect(await truth().transaction((trx) => setDemoNas(trx, 'demo', nas))).toBe(false);
    expect(await truth().db.selectFrom('customers').select('id').execute()).toEqual([]);
    expect(await nasAddresses()).toEqual([]);
  });

  it('demos of two gateways share a database', async () => {
    await seedDemo(truth(), demo);
    expect(await seedDemo(truth(), { ...demo, gateway: 'demo2' })).toBe(true);
  });

  it('a demo gateway gets a NAS, and is without one again', async () => {
    await seedDemo(truth(), demo);
    expect(await truth().transaction((trx) => setDemoNas(trx, 'demo', nas))).toBe(true);
    expect(await nasAddresses()).toEqual([{ nas_ip: nas.address, gateway: 'demo' }]);
    const told = await readNasSnapshot(truth(), { gateway: 'demo', at: now });
    expect(told?.gateway).toMatchObject({ addresses: [nas.address], port: nas.coaPort });

    expect(await truth().transaction((trx) => setDemoNas(trx, 'demo', undefined))).toBe(true);
    expect(await nasAddresses()).toEqual([]);
  });

  it('nobody logs in to a demo before its logins were made, and with the newest of them alone after it', async () => {
    await seedDemo(truth(), demo);
    const email = 'demo-ana+demo@example.com';
    const login = async (password: string) =>
      (await authenticateCustomer(truth(), { email, password }, passwords)).kind;
    expect(await login('')).toBe('refused');

    const first = await renewDemoLogins(truth(), 'demo', passwords);
    const second = await renewDemoLogins(truth(), 'demo', passwords);

    const of = ({ customers }: typeof first) => customers.find((one) => one.email === email)?.password ?? '';
    expect([await login(of(first)), await login(of(second))]).toEqual(['refused', 'accepted']);
    expect(second.clients.map(({ framedIp }) => framedIp)).toContain('198.51.100.11');
    for (const { user, secret } of second.clients) {
      const known = await findRadiusLogin(truth().db, user);
      const hash = known.kind === 'allowed' ? known.credentials.radiusSecretHash : null;
      expect(isRadiusSecretOf(secret, hash ?? '')).toBe(true);
    }
  });
}

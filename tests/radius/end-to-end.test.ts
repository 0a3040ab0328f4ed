/**
 * From the login to the kernel and back: a real FreeRADIUS with the shipped configuration, the mapper, the reconcile daemon on
 * nft and tc in a network namespace, and a NAS that takes Disconnect requests. They share one truth and nothing else.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { changeConnection, migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DaemonProcess, daemonOf } from '../support/daemon-process.ts';
import { type FreeradiusServer, startFreeradiusServer } from '../support/freeradius-server.ts';
import { type MapperProcess, startMapper } from '../support/mapper-process.ts';
import { type NasDouble, startNasDouble } from '../support/nas-double.ts';
import { isMissing } from '../support/needs.ts';
import { createLab, type Lab, labDevice } from '../support/network-lab.ts';
import { radclient } from '../support/radclient.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { type Attributes, statusTypes } from '../support/radius-packet-codec.ts';
import { fillRadiusTruth, radiusGateway } from '../support/radius-truth.ts';
import { bins, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const password = 'correct horse battery';
const coaSecret = 'the CoA secret of gw1';
/** More than the guard of removals lets go without a reason: 20, and 30 % of what is live. */
const fleet = 30;
const together = 6;
/** Who is not of the fleet: one who comes and goes, and one who is disabled. */
const [guest, outcast] = [fleet, fleet + 1];
/** A look starts two processes. */
const lookMs = 40;
/** A guard against a hang only. */
const timeout = 180_000;

describe.skipIf(isMissing('root', 'nft', 'freeradius'))('a session from login to kernel', { timeout }, () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  }, timeout);
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('is live soon after its Start, stays with its Interim-Update, and goes with its Stop', async () => {
    const { radius, lab } = world;
    const login = await radclient(radius, 'auth', [
      ...deviceOf(guest),
      `User-Password = "${password}"`,
      'NAS-Port = 7',
    ]);
    expect(login.packet).toBe('Access-Accept');
    const report = (status: string, ...more: string[]) =>
      radclient(radius, 'acct', [
        ...deviceOf(guest),
        `Acct-Status-Type = ${status}`,
        `Class = ${login.values.Class}`,
        `Framed-IP-Address = ${addressOf(guest)}`,
        ...more,
      ]);
    expect(classOf(lab, addressOf(guest))).toBeUndefined();

    const startedMs = performance.now();
    expect((await report('Start')).packet).toBe('Accounting-Response');
    const classId = await until(() => classOf(lab, addressOf(guest)));
    console.info(`live ${Math.round(performance.now() - startedMs)} ms after its Start was sent`);
    expect(rateOf(lab, classId)).toBe('10Mbit');

    const before = await lockOf(world.truth, guest);
    expect(before).toMatchObject({ state: 'held', framed_ip: addressOf(guest), gateway: radiusGateway });
    expect((await report('Interim-Update', 'Acct-Session-Time = 300')).packet).toBe('Accounting-Response');
    expect((await lockOf(world.truth, guest)).expires_at > before.expires_at).toBe(true);
    expect(classOf(lab, addressOf(guest))).toBe(classId);

    const endedMs = performance.now();
    expect((await report('Stop', 'Acct-Session-Time = 600')).packet).toBe('Accounting-Response');
    await until(() => (classOf(lab, addressOf(guest)) === undefined ? true : undefined));
    console.info(`gone ${Math.round(performance.now() - endedMs)} ms after its Stop was sent`);
    expect(await until(() => (rateOf(lab, classId) === undefined ? true : undefined))).toBe(true);
    expect((await lockOf(world.truth, guest)).state).toBe('released');
    expect(world.nas.requests).toEqual([]);
  });

  it('is ended at its NAS when its connection is disabled', async () => {
    const { radius, lab, nas, truth } = world;
    const login = await radclient(radius, 'auth', [...deviceOf(outcast), `User-Password = "${password}"`]);
    const session = [
      ...deviceOf(outcast),
      `Class = ${login.values.Class}`,
      `Framed-IP-Address = ${addressOf(outcast)}`,
    ];
    await radclient(radius, 'acct', [...session, 'Acct-Status-Type = Start']);
    await until(() => classOf(lab, addressOf(outcast)));

    await changeConnection(truth, {
      vpnConnectionId: outcast + 1,
      event: { kind: 'disable' },
      at: Date.now(),
    });
    const request = await until(() => nas.requests[0]);
    expect(request.kind).toBe('disconnect');
    expect(request.attributes['44']?.toString()).toBe(`session-${outcast}`);
    // The NAS has obeyed, and says so as it says it of every end.
    await radclient(radius, 'acct', [
      ...session,
      'Acct-Status-Type = Stop',
      'Acct-Terminate-Cause = Admin-Reset',
    ]);
    await until(() => (classOf(lab, addressOf(outcast)) === undefined ? true : undefined));

    const again = await radclient(radius, 'auth', [...deviceOf(outcast), `User-Password = "${password}"`]);
    expect(again.packet).toBe('Access-Reject');
  });

  it.each([
    { when: 'while the daemon runs', isAway: false },
    // The next one reads everything, and the guard judges what it removes.
    { when: 'while the daemon is away', isAway: true },
  ])(
    'goes with its whole NAS at an Accounting-Off $when, and the guard of removals lets it',
    async ({ isAway }) => {
      const { radius, lab, daemon } = world;
      await using client = await openRadiusClient(radius);
      for (let first = 0; first < fleet; first += together) {
        const users = Array.from({ length: together }, (_value, place) => first + place);
        const answers = await Promise.all(users.map((user) => connect(client, user)));
        expect(answers).toEqual(users.map(() => ['accept', 'acknowledged']));
      }
      await until(() => (liveAddresses(lab).length === fleet ? true : undefined));

      if (isAway) await daemon.stop();
      const off: Attributes = [
        ['Acct-Status-Type', statusTypes['Accounting-Off']],
        ['NAS-IP-Address', '127.0.0.1'],
        ['Acct-Session-Id', '00000000'],
      ];
      expect((await client.account(off)).kind).toBe('acknowledged');
      await using later = isAway ? startDaemonIn(world.stateDir, lab) : undefined;
      await until(() => (liveAddresses(lab).length === 0 ? true : undefined));
      const reports = [...daemon.reports, ...(later?.reports ?? [])];
      expect(reports.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
    },
  );
});

/** Login and Start. @returns what each was answered */
async function connect(client: RadiusClient, user: number): Promise<readonly string[]> {
  const login = await client.login(attributesOf(user), password);
  const holder = login.kind === 'accept' ? String(login.values.Class?.[0]) : '';
  const start = await client.account([
    ['Acct-Status-Type', statusTypes.Start],
    ...attributesOf(user),
    ['Framed-IP-Address', addressOf(user)],
    ['Class', Buffer.from(holder, 'hex')],
  ]);
  return [login.kind, start.kind];
}

interface World extends AsyncDisposable {
  readonly stateDir: string;
  readonly truth: Truth;
  readonly lab: Lab;
  readonly nas: NasDouble;
  readonly mapper: MapperProcess;
  readonly radius: FreeradiusServer;
  readonly daemon: DaemonProcess;
}

async function openWorld(): Promise<World> {
  await using cleanup = new AsyncDisposableStack();
  const { path: stateDir } = cleanup.use(await temporaryDirectory());
  const lab = cleanup.use(createLab());
  const nas = cleanup.use(await startNasDouble({ secret: coaSecret }));
  const database = `sqlite:${join(stateDir, 'truth.sqlite')}`;
  const truth = cleanup.use(openTruth(database));
  await migrate(truth);
  const gateway = { device: labDevice, shards: 4, coaPort: nas.port, coaSecret };
  await fillRadiusTruth(truth, { users: fleet + 2, password, gateway });
  // A busy machine is not what is looked at here.
  const mapper = cleanup.use(await startMapper({ database, stateDir, args: ['--client-timeout', '9s'] }));
  const place = { mapper: mapper.url, mapperSecret: mapper.secret };
  const radius = cleanup.use(await startFreeradiusServer({ ...place, options: { timeout: '8.0' } }));
  const daemon = cleanup.use(startDaemonIn(stateDir, lab));
  await daemon.reported(({ outcome }) => outcome === 'applied' || outcome === 'unchanged');
  const opened = cleanup.move();
  return {
    stateDir,
    truth,
    lab,
    nas,
    mapper,
    radius,
    daemon,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Looks for drift seldom: what happens has another cause. */
function startDaemonIn(stateDir: string, lab: Lab): DaemonProcess {
  const socket = join(stateDir, 'daemon.sock');
  const place = ['--state-dir', stateDir, '--netns', lab.netns, '--listen', `unix:${socket}`];
  const running = startProcess(runtimes.node, [
    bins.reconcile,
    '--watch',
    '--json',
    '--interval',
    '1h',
    ...place,
  ]);
  return daemonOf(running, socket);
}

function addressOf(user: number): string {
  return `10.77.0.${user + 1}`;
}

function deviceOf(user: number): readonly string[] {
  return [
    `User-Name = "user${user}"`,
    'NAS-IP-Address = 127.0.0.1',
    `Calling-Station-Id = "203.0.113.${user}"`,
    `Acct-Session-Id = "session-${user}"`,
  ];
}

function attributesOf(user: number): Attributes {
  return [
    ['User-Name', `user${user}`],
    ['NAS-IP-Address', '127.0.0.1'],
    ['Calling-Station-Id', `203.0.113.${user}`],
    ['Acct-Session-Id', `session-${user}`],
  ];
}

/** Addresses in the map of the kernel, and the classes that they lead to. */
function mapOf(lab: Lab): ReadonlyMap<string, string> {
  const table = lab.run('nft', 'list', 'table', 'inet', 'holdfast');
  return new Map(
    [...table.matchAll(/(10\.77\.\d+\.\d+) : (\S+?),?(?=\s|$)/gm)].map(([, from = '', to = '']) => [
      from,
      to,
    ]),
  );
}

function liveAddresses(lab: Lab): readonly string[] {
  return [...mapOf(lab).keys()];
}

function classOf(lab: Lab, address: string): string | undefined {
  return mapOf(lab).get(address);
}

/** What a class of tc lets through; undefined when there is no such class. */
function rateOf(lab: Lab, classId: string): string | undefined {
  const shown = lab.run('tc', 'class', 'show', 'dev', labDevice);
  return new RegExp(`^class htb ${classId} .*ceil (\\S+)`, 'm').exec(shown)?.[1];
}

async function lockOf(truth: Truth, user: number) {
  return truth.db
    .selectFrom('active_session_locks')
    .selectAll()
    .where('vpn_connection_id', '=', user + 1)
    .executeTakeFirstOrThrow();
}

/** Looks again and again; the limit of the test ends it. */
async function until<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const value = look();
    if (value !== undefined) return value;
    await delay(lookMs);
  }
}

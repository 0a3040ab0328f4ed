/**
 * `npm start`: everything at once until it is stopped. The order of the end is that of need: the clients leave while
 * somebody hears it, and the daemon of the kernel goes last, when all that is to be written has been.
 */
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DemoDataplane, openDataplane } from './demo-dataplane.ts';
import { demoAdmin, type Login, type Seeded, seedDemo } from './demo-logins.ts';
import { Fleet, type MemberEnd } from './fleet.ts';
import { type Freeradius, missingForRadius, nasAddress, prepareFreeradius } from './freeradius.ts';
import type { Keeper } from './keeper.ts';
import { daemonMembers, freeradiusMember, stopOrder, trafficMember } from './members.ts';
import type { StartOptions } from './options.ts';
import { choosePorts, type Ports } from './ports.ts';
import { hookScript } from './run-bin.ts';
import { settled } from './settled.ts';
import type { TrafficSetup } from './traffic/traffic-setup.ts';
import { welcome } from './welcome.ts';

export interface ServeOptions extends StartOptions {
  /** Absolute. */
  readonly stateDir: string;
  readonly device: string;
  /** Asks to stop. */
  readonly signal: AbortSignal;
  readonly keeper: Keeper;
}

/** What there is before the first process runs. */
interface Ground extends ServeOptions {
  readonly ports: Ports;
  readonly dataplane: DemoDataplane;
  readonly spool: string;
  readonly seeded: Seeded;
}

/** Why it is over: somebody asked, a process has ended, or something of the preparation failed with this status. */
type Over = 'asked' | MemberEnd | number;

const unavailable = 69;

/** @returns the exit status: 0 after a stop that was asked for, else that of what has failed or ended */
export async function serve(options: ServeOptions): Promise<number> {
  const { stateDir, device, signal, keeper } = options;
  const ports = await portsOrUndefined(options);
  if (ports === undefined) return unavailable;
  const spool = join(stateDir, 'spool');
  await mkdir(spool, { recursive: true, mode: 0o700 });
  const nas = missingForRadius() === undefined ? `${nasAddress}:${ports.coa}` : undefined;
  const seeding = seedDemo({ stateDir, device, nas, signal });
  await using dataplane = await openDataplane(stateDir, device);
  const seeded = await seeding;
  if (typeof seeded === 'number') return seeded;

  const ground = { ...options, ports, dataplane, spool, seeded };
  const fleet = new Fleet(keeper);
  const over: Promise<Over> = Promise.race([fleet.firstEnd, lost(keeper), asked(signal)]);
  const because = (await Promise.race([bringUp(ground, fleet), over])) ?? (await over);
  return await end(ground, fleet, because);
}

async function portsOrUndefined({ panel }: StartOptions): Promise<Ports | undefined> {
  try {
    return await choosePorts(panel);
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    return undefined;
  }
}

/** @returns undefined when all is up, and said to be */
async function bringUp(ground: Ground, fleet: Fleet): Promise<number | undefined> {
  const { stateDir, signal, ports, seeded } = ground;
  const { isNew, nasSecret } = seeded;
  const daemons = daemonMembers(ground).map((member) => fleet.start(member));
  const [admin, radius] = await Promise.all([
    demoAdmin(stateDir, isNew, signal),
    nasSecret === undefined ? undefined : prepareFreeradius({ stateDir, ports, nasSecret, signal }),
  ]);
  if (typeof admin === 'number') return admin;
  if (typeof radius === 'number') return radius;
  if (radius !== undefined) daemons.push(fleet.start(freeradiusMember(radius)));
  await Promise.all(daemons);
  if (!signal.aborted) openDoors(ground, fleet, { admin, radius });
  return undefined;
}

interface Doors {
  readonly admin: Login;
  readonly radius: Freeradius | undefined;
}

function openDoors(ground: Ground, fleet: Fleet, { admin, radius }: Doors): void {
  const setup = ground.hasTraffic ? trafficSetup(ground, radius) : undefined;
  const { logins } = ground.seeded;
  process.stdout.write(welcome({ ...ground, admin, logins, missing: missingForRadius(), setup }));
  if (setup !== undefined) void fleet.start(trafficMember(setup, ground.stateDir));
}

function trafficSetup(
  { seed, spool, dataplane, seeded }: Ground,
  radius: Freeradius | undefined,
): TrafficSetup {
  return {
    seed: seed ?? randomInt(1_000_000),
    clients: seeded.logins.clients,
    hook: { script: hookScript, spool },
    radius: radius === undefined ? undefined : { ...radius.place, nasLog: radius.nasLog },
    inside: dataplane.openUplink() ? dataplane.inside : undefined,
  };
}

async function lost(keeper: Keeper): Promise<MemberEnd> {
  return { name: 'keeper', pid: keeper.pid, status: await keeper.lost };
}

function asked(signal: AbortSignal): Promise<'asked'> {
  const { promise, resolve } = Promise.withResolvers<'asked'>();
  signal.addEventListener('abort', () => resolve('asked'), { once: true });
  if (signal.aborted) resolve('asked');
  return promise;
}

/** @returns the exit status */
async function end({ spool, ports }: Ground, fleet: Fleet, because: Over): Promise<number> {
  if (typeof because === 'object') {
    const { name, pid, status } = because;
    process.stderr.write(
      `${name} (pid ${pid}) has ended with status ${status}: everything else is stopped\n`,
    );
  }
  const [first, ...others] = stopOrder;
  await fleet.stop(first);
  if (because === 'asked') await settled({ spool, port: ports.reconcile });
  for (const names of others) await fleet.stop(names);
  if (because === 'asked') return 0;
  const status = typeof because === 'number' ? because : because.status;
  return status === 0 ? 1 : status;
}

/**
 * `npm start -- --once`: hooks report the clients of the demo, as they do on a gateway without RADIUS, and one apply makes
 * them live. No server, no clock, no chance: the second time there is nothing left to do.
 */
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type DemoDataplane, openDataplane } from './demo-dataplane.ts';
import { seedDemo } from './demo-logins.ts';
import { hookScript, runBin } from './run-bin.ts';
import { hookAccess } from './traffic/hook-access.ts';

export interface OnceOptions {
  readonly stateDir: string;
  readonly device: string;
  readonly signal: AbortSignal;
}

/** @returns the exit status */
export async function once({ stateDir, device, signal }: OnceOptions): Promise<number> {
  await using dataplane: DemoDataplane = await openDataplane(stateDir, device);
  process.stdout.write(`dataplane: ${dataplane.describe}\nstate:     ${relative(process.cwd(), stateDir)}\n`);
  const seeded = await seedDemo({ stateDir, device, nas: undefined, signal });
  if (typeof seeded === 'number') return seeded;
  const { clients } = seeded.logins;
  process.stdout.write(`${seeded.isNew ? 'demo gateway gw1 added' : 'gateway gw1 is there already'}\n`);

  const spool = join(stateDir, 'spool');
  await mkdir(spool, { recursive: true, mode: 0o700 });
  const access = hookAccess({ script: hookScript, spool });
  for (const client of clients) await access.open(client);
  process.stdout.write(`hooks:     ${clients.length} clients are up\n`);

  const place = ['--state-dir', stateDir];
  const { status } = await runBin('vpn-policy-apply', [...place, ...dataplane.flags, '--json'], { signal });
  if (status !== 0) return status;
  process.stdout.write(`\n${await dataplane.dump()}\n`);
  return 0;
}

/** Many hooks at once: one event for each of many clients, called as a daemon would, by a program that starts them quickly. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addGateway, migrate, openTruth, provisionConnection, type Truth } from '@holdfast/truth-db';
import { runChild } from '../run-child.ts';
import { workspaceRoot } from '../workspace.ts';

export const stormGateway = 'gw1';
export const stormCalls = 1_000;
export const stormWidth = 50;

const hook = join(workspaceRoot, 'apps', 'policy-reconcile', 'hooks', 'vpn-policy-hook');

export interface HookStorm extends AsyncDisposable {
  readonly truth: Truth;
  /** Calls the hook for every client. @returns milliseconds */
  call(verb: 'up' | 'down', spool: string): Promise<number>;
  /** Calls `/bin/sh -c :` as often. @returns milliseconds */
  callShell(): Promise<number>;
}

/** @param device - of the gateway, and of every session */
export async function hookStorm(options: {
  readonly stateDir: string;
  readonly device: string;
  readonly signal: AbortSignal;
}): Promise<HookStorm> {
  const { stateDir, device, signal } = options;
  const list = join(stateDir, 'clients');
  // The address of a client is its name, too: xargs puts one word in several places.
  const clients = Array.from({ length: stormCalls }, (_, index) => `10.9.${index >> 8}.${index & 255}`);
  writeFileSync(list, clients.join('\n'));
  const truth = openTruth(`sqlite:${join(stateDir, 'truth.sqlite')}`);
  await prepare(truth, device, clients);
  // xargs starts a process in a tenth of the time that a runtime needs for it, which would blur the difference.
  const xargs = ['env', '-i', '/usr/bin/xargs', '-a', list, '-P', String(stormWidth), '-I{}'] as const;
  const about = ['user={}', 'session={}', 'framed_ip={}', `ifname=${device}`];
  const run = async (...words: readonly string[]) =>
    (await runChild([...xargs, ...words], { signal })).tookMs;
  return {
    truth,
    call: (verb, spool) => run(hook, '--spool', spool, '--gateway', stormGateway, 'event', verb, ...about),
    callShell: () => run('/bin/sh', '-c', ':', '{}'),
    [Symbol.asyncDispose]: () => truth.close(),
  };
}

export function waitingIn(spool: string): number {
  return readdirSync(spool).filter((name) => name.endsWith('.event')).length;
}

async function prepare(truth: Truth, device: string, clients: readonly string[]): Promise<void> {
  await migrate(truth);
  await truth.transaction(async (trx) => {
    await addGateway(trx, { name: stormGateway, layout: 'shared-device', device });
    for (const radiusUsername of clients) {
      await provisionConnection(trx, { at: Date.now(), radiusUsername, downKbit: 10_000 });
    }
  });
}

/**
 * A network namespace with one device that leads nowhere, made for one measurement and removed after it. Its name carries
 * our pid, so that what a killed bench has left behind is known and removed by the next one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { userEnvironment } from '../workspace.ts';

export interface BenchNamespace extends Disposable {
  readonly name: string;
  /** Words in front of a command that run it inside. */
  readonly entry: readonly [string, ...string[]];
}

export const benchDevice = 'bench0';

const prefix = 'holdfast-bench';
const directory = '/run/netns';
let made = 0;

export function benchNamespace(): BenchNamespace {
  made += 1;
  const name = `${prefix}-${process.pid}-${made}`;
  const remove = () => removeNamespace(name);
  mustIp('netns', 'add', name);
  try {
    mustIp('-n', name, 'link', 'add', benchDevice, 'type', 'veth', 'peer', 'name', `${benchDevice}-peer`);
    mustIp('-n', name, 'link', 'set', benchDevice, 'up');
    mustIp('-n', name, 'link', 'set', `${benchDevice}-peer`, 'up');
  } catch (error) {
    remove();
    throw error;
  }
  return { name, entry: ['nsenter', `--net=${directory}/${name}`], [Symbol.dispose]: remove };
}

/** Removes namespaces of benches that were killed. */
export function sweepNamespaces(): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const pid = /^holdfast-bench-(\d+)-\d+$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeNamespace(name);
  }
}

/** The device first: its classes go at once, where those of a deleted namespace go some time later, in the next round. */
function removeNamespace(name: string): void {
  ip('-n', name, 'link', 'delete', benchDevice);
  mustIp('netns', 'delete', name);
}

function mustIp(...args: readonly string[]): void {
  const { status, stderr } = ip(...args);
  if (status !== 0) throw new Error(`ip ${args.join(' ')} failed: ${stderr.trim()}`);
}

function ip(...args: readonly string[]) {
  return spawnSync('ip', [...args], { encoding: 'utf8', env: userEnvironment() });
}

/**
 * Where the demo's effects go: the real kernel in a network namespace of our own, never the host's. As root a named
 * namespace that persists; as an ordinary user one that lives as long as the run; where neither is possible, a file.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { addDevice, addUplink, type Inside } from './demo-network.ts';
import type { Command } from './run-bin.ts';
import { systemPath } from './system-path.ts';

export interface DemoDataplane extends AsyncDisposable {
  /** One line for the terminal. */
  readonly describe: string;
  /** Flags that make our commands use it. */
  readonly flags: readonly string[];
  /** What runs a program in the namespace, in front of it; undefined where there is none. */
  readonly inside: Command | undefined;
  /** The state as nft and tc print it. */
  dump(): Promise<string>;
  /** Makes a way for packets to the clients. @returns whether there is one */
  openUplink(): boolean;
}

export async function openDataplane(stateDir: string, device: string): Promise<DemoDataplane> {
  if (!isThere('nft', ['--version']) || !isThere('tc', ['-V'])) {
    return recorded('nft or tc is not installed');
  }
  return (
    openNamed(namespaceOf(stateDir), device) ??
    (await openUnprivileged(device)) ??
    recorded('no network namespace may be made here')
  );
}

/** @returns the exit status */
export function removeNamespace(stateDir: string): number {
  const name = namespaceOf(stateDir);
  if (
    run('ip', ['netns', 'list'])
      .stdout.split('\n')
      .every((line) => line.split(' ')[0] !== name)
  ) {
    process.stdout.write(`there is no namespace ${name}\n`);
    return 0;
  }
  const { status, stderr } = run('ip', ['netns', 'delete', name]);
  process.stdout.write(status === 0 ? `removed namespace ${name}\n` : stderr);
  return status === 0 ? 0 : 77;
}

function namespaceOf(stateDir: string): string {
  return `holdfast-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;
}

function openNamed(name: string, device: string): DemoDataplane | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const exists = run('ip', ['netns', 'exec', name, 'true']).status === 0;
  if (!exists && run('ip', ['netns', 'add', name]).status !== 0) return undefined;
  const enter: Command = ['ip', 'netns', 'exec', name];
  const inside = within(enter);
  if (!addDevice(inside, device)) return undefined;
  return {
    describe: `kernel, network namespace ${name} (kept; --clean removes it)`,
    flags: ['--netns', name],
    inside: enter,
    dump: async () => dumpKernel(inside, device),
    openUplink: () => addUplink(inside, device),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The owner of the namespace is a `cat` on a pipe of ours: it ends with us, even when we are killed. */
async function openUnprivileged(device: string): Promise<DemoDataplane | undefined> {
  const owner = spawn('unshare', ['-rn', 'cat'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: systemPath },
  });
  if (!(await isReady(owner))) return undefined;
  const pid = String(owner.pid);
  const enter: Command = ['nsenter', '--target', pid, '--user', '--preserve-credentials', '--net'];
  const inside = within(enter);
  if (inside('nft', ['list', 'tables']).status !== 0 || !addDevice(inside, device)) {
    owner.kill('SIGKILL');
    return undefined;
  }
  return {
    describe: 'kernel, in an unprivileged network namespace that lives as long as this run',
    flags: ['--netns', `pid:${pid}`],
    inside: enter,
    dump: async () => dumpKernel(inside, device),
    openUplink: () => addUplink(inside, device),
    [Symbol.asyncDispose]: async () => {
      const ended = once(owner, 'exit');
      owner.stdin?.end();
      owner.kill('SIGKILL');
      await ended;
    },
  };
}

async function isReady(owner: ChildProcess): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  owner.once('error', () => answer.resolve(false));
  owner.once('exit', () => answer.resolve(false));
  owner.stdin?.on('error', () => answer.resolve(false));
  owner.stdout?.once('data', () => answer.resolve(true));
  owner.stdin?.write('ready\n');
  return answer.promise;
}

function recorded(why: string): DemoDataplane {
  return {
    describe: `recorded in a file, nothing reaches the kernel (${why})`,
    flags: ['--dataplane', 'recorded'],
    inside: undefined,
    dump: async () => 'the recorded dataplane is the file dataplane-gw1.json in the state directory',
    openUplink: () => false,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function dumpKernel(inside: Inside, device: string): string {
  const table = inside('nft', ['list', 'table', 'inet', 'holdfast']).stdout;
  const classes = inside('tc', ['class', 'show', 'dev', device]).stdout;
  return `nft list table inet holdfast\n${table}\ntc class show dev ${device}\n${classes}`;
}

function isThere(program: string, args: readonly string[]): boolean {
  return run(program, args).status === 0;
}

function within([file, ...first]: Command): Inside {
  return (program, args) => run(file, [...first, program, ...args]);
}

function run(program: string, args: readonly string[]) {
  return spawnSync(program, [...args], { encoding: 'utf8', env: { PATH: systemPath, LC_ALL: 'C' } });
}

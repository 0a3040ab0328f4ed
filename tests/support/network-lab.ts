/**
 * Network namespaces for tests of the real kernel: made by the test, deleted with it. Nothing here touches the network of
 * the host. Needs root; `labSkipReason` tells what is missing.
 */
import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** Why the kernel suites cannot run here; undefined when they can. */
export function labSkipReason(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['nft', 'tc', 'ip', 'nsenter'].filter((name) => {
    return spawnSync(name, ['-V'], { env: environment }).error !== undefined;
  });
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}`;
}

export interface Lab extends Disposable {
  /** Name of the namespace. */
  readonly netns: string;
  /** Runs a command inside, and gives what it printed; throws when it fails. */
  run(command: string, ...args: readonly string[]): string;
  /** Process ids that live inside. */
  pids(): readonly string[];
  /** Feeds a script to `nft -f -` or `tc -batch -` inside. */
  script(command: 'nft' | 'tc', lines: string): void;
}

export const labDevice = 'd0';

/** A namespace with a veth pair whose one end `d0` is up: the device of a gateway without traffic. */
export function createLab(): Lab {
  const lab = createEmptyLab();
  try {
    addDevice(lab);
    return lab;
  } catch (error) {
    lab[Symbol.dispose]();
    throw error;
  }
}

/** The device as it is after a tunnel daemon was restarted: same name, nothing on it. */
export function addDevice(lab: Lab): void {
  lab.run('ip', 'link', 'add', labDevice, 'type', 'veth', 'peer', 'name', 'p0');
  lab.run('ip', 'link', 'set', labDevice, 'up');
}

/** Devices as pppd makes them, one for each session, as far as nft and tc can tell: they lead nowhere. */
export function addSessionDevices(lab: Lab, names: readonly string[]): void {
  for (const name of names) {
    lab.run('ip', 'link', 'add', name, 'type', 'ifb');
    lab.run('ip', 'link', 'set', name, 'up');
  }
}

export function createEmptyLab(): Lab {
  const netns = `hf-test-${randomBytes(4).toString('hex')}`;
  runOrThrow('ip', ['netns', 'add', netns]);
  const entry = [`--net=/run/netns/${netns}`];
  return {
    netns,
    run: (command, ...args) => runOrThrow('nsenter', [...entry, command, ...args]),
    pids: () => runOrThrow('ip', ['netns', 'pids', netns]).split('\n').filter(Boolean),
    script: (command, lines) => {
      const flags = command === 'nft' ? ['-f', '-'] : ['-batch', '-'];
      runOrThrow('nsenter', [...entry, command, ...flags], { input: `${lines}\n` });
    },
    [Symbol.dispose]: () => void runOrThrow('ip', ['netns', 'del', netns]),
  };
}

function runOrThrow(
  command: string,
  args: readonly string[],
  options: Partial<SpawnSyncOptionsWithStringEncoding> = {},
): string {
  const result = spawnSync(command, args, {
    env: environment,
    encoding: 'utf8',
    timeout: 30_000,
    ...options,
  });
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} ${args.join(' ')}: ${result.error?.message ?? result.stderr}`);
}

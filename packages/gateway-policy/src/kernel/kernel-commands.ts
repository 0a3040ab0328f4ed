/**
 * The few commands that the kernel dataplane spawns, bound to one gateway: where they run, how long they may take, who
 * is told of them. Everything that starts a process goes through here.
 */
import type { Held } from '@holdfast/base';
import { type Command, type CommandResult, runCommand } from './command.ts';
import { commandFailure, refusalsOf } from './command-failure.ts';
import { deadlineEntry } from './deadline-entry.ts';
import { namespaceEntry } from './namespace-entry.ts';

export interface KernelCommandsOptions {
  readonly device: string;
  /** A name under `ip netns`, or `pid:N`. Default: the namespace of this process. */
  readonly netns?: string;
  /** Other programs to run, by name or absolute path. */
  readonly commands?: {
    readonly nft?: string;
    readonly tc?: string;
    /** Only for a shared device. */
    readonly ip?: string;
    readonly nsenter?: string;
    /** timeout(1) of coreutils. */
    readonly timeout?: string;
  };
  /**
   * Deadline of each single command in milliseconds; `Infinity` for none. Default 300 000: 50 000 classes take 36 s. A
   * command that writes ends within two seconds after it even when this process is dead, and gives back the lock.
   */
  readonly timeoutMs?: number;
  /** Limit of what one command may print. Default 256 MiB, about five million elements. */
  readonly maxOutputBytes?: number;
  /** Called before each spawn; `writes` tells whether the command can change the kernel. */
  readonly onCommand?: (argv: readonly string[], writes: boolean) => void;
}

export interface KernelCommands {
  /** JSON of our table of that family; undefined when it does not exist. */
  listTable(family: 'inet' | 'netdev'): Promise<string | undefined>;
  /** Lets the kernel judge a transaction and forgets it. */
  checkNft(script: string): Promise<void>;
  commitNft(script: string, held: Held): Promise<void>;
  /** Output of `tc` lines that only show. */
  showTc(lines: readonly string[]): Promise<string>;
  /** The same where all lines are about one device that need not exist: undefined when it does not. */
  showTcOf(device: string, lines: readonly string[]): Promise<string | undefined>;
  /** What `ip` prints of those of the devices that there are: one JSON document for each. */
  showLinks(devices: readonly string[]): Promise<string>;
  /** JSON of the qdiscs of all devices. */
  listQdiscs(): Promise<string>;
  /** Not atomic: lines before the refused one stay in effect. */
  batchTc(script: string, held: Held): Promise<void>;
  /**
   * The same where each line is about a device of its own: a line whose device has vanished is passed over, and so is every
   * other one that is refused until all were tried.
   *
   * @throws HoldfastError DATAPLANE_FAILED - details.lines are the numbers of those that were refused
   */
  batchTcOfDevices(script: string, held: Held): Promise<void>;
  /** Lines for `ip`, about links. */
  batchIp(script: string, held: Held): Promise<void>;
}

export function createKernelCommands(options: KernelCommandsOptions): KernelCommands {
  const { nft = 'nft', tc = 'tc', ip = 'ip' } = options.commands ?? {};
  const run = (call: Call) => runIn(options, call);
  const batch = ['-batch', '-'];
  return {
    listTable: async (family) => {
      const args = ['-j', 'list', 'table', family, 'holdfast'];
      const result = await run({ program: nft, args, writes: false, accepts: isMissingTable });
      return result.status === 0 ? result.stdout : undefined;
    },
    checkNft: async (script) => {
      await run({ program: nft, args: ['-c', '-f', '-'], stdin: script, writes: false });
    },
    commitNft: async (script, held) => {
      await run({ program: nft, args: ['-f', '-'], stdin: script, writes: true, held });
    },
    showTc: async (lines) => {
      const stdin = `${lines.join('\n')}\n`;
      return (await run({ program: tc, args: batch, stdin, writes: false })).stdout;
    },
    showTcOf: async (device, lines) => {
      const stdin = `${lines.join('\n')}\n`;
      const accepts = ({ status, stderr }: CommandResult) =>
        status === 1 && stderr.startsWith(`Cannot find device "${device}"`);
      const result = await run({ program: tc, args: batch, stdin, writes: false, accepts });
      return result.status === 0 ? result.stdout : undefined;
    },
    showLinks: async (devices) => {
      const stdin = devices.map((device) => `link show dev ${device}\n`).join('');
      const args = ['-json', '-force', ...batch];
      return (await run({ program: ip, args, stdin, writes: false, accepts: areLinksMissing })).stdout;
    },
    listQdiscs: async () => (await run({ program: tc, args: ['-j', 'qdisc', 'show'], writes: false })).stdout,
    batchTc: async (script, held) => {
      await run({ program: tc, args: batch, stdin: script, writes: true, held });
    },
    batchTcOfDevices: async (script, held) => {
      const args = ['-force', ...batch];
      await run({ program: tc, args, stdin: script, writes: true, held, accepts: areDevicesGone });
    },
    batchIp: async (script, held) => {
      await run({ program: ip, args: batch, stdin: script, writes: true, held });
    },
  };
}

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly writes: boolean;
  /** The hold that a writing command inherits. */
  readonly held?: Held;
  /** A status other than 0 that is an answer all the same. */
  readonly accepts?: (result: CommandResult) => boolean;
}

async function runIn(options: KernelCommandsOptions, call: Call): Promise<CommandResult> {
  const { device, netns, timeoutMs = 300_000, maxOutputBytes = 256 * 1024 * 1024, onCommand } = options;
  const argv = argvOf(options, timeoutMs, call);
  onCommand?.(argv, call.writes);
  const stdin = call.stdin === undefined ? {} : { stdin: call.stdin };
  const result = await runCommand({
    argv,
    timeoutMs,
    maxOutputBytes,
    ...stdin,
    inherit: call.held?.descriptor,
  });
  if (result.status === 0 || call.accepts?.(result) === true) return result;
  throw commandFailure({ argv, result, device, netns, writes: call.writes });
}

/** nsenter enters first, so that all that is left to be killed is inside, under the one group that `runCommand` made. */
function argvOf(options: KernelCommandsOptions, timeoutMs: number, call: Call): Command['argv'] {
  const { nsenter = 'nsenter', timeout = 'timeout' } = options.commands ?? {};
  const deadline = call.writes ? deadlineEntry(timeoutMs, timeout) : [];
  const [file, ...args] = [
    ...namespaceEntry(options.netns, nsenter),
    ...deadline,
    call.program,
    ...call.args,
  ];
  return [file ?? call.program, ...args];
}

/** nft's own words for a missing table; a namespace or program that is missing is worded by nsenter, not like this. */
function isMissingTable({ status, stderr }: CommandResult): boolean {
  return (
    status === 1 && /^Error: No such file or directory.*\n.*list table (?:inet|netdev) holdfast/.test(stderr)
  );
}

/** True when all that was refused was about devices that there are not. */
function areLinksMissing({ status, stderr }: CommandResult): boolean {
  return status === 1 && /^(?:Device "[^"]*" does not exist\.\nCommand failed -:\d+\n)+$/.test(stderr);
}

/** True when every refused line was about a device that is gone. */
function areDevicesGone({ status, stderr }: CommandResult): boolean {
  const refusals = refusalsOf(stderr);
  return status === 1 && refusals.length > 0 && refusals.every(({ isDeviceGone }) => isDeviceGone);
}

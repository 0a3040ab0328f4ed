/**
 * What daemons give their hooks that do not run in a test: this kernel has no PPP, and accel-ppp is no package of Debian.
 * Argument for argument and variable for variable what pppd 2.4.9 (with the wrapper of Debian 12 around it) and accel-ppp's
 * pppd_compat give; addresses and names are ours.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HookRun, hook, runHook } from './hook-world.ts';

export interface PppLink {
  readonly unit: number;
  readonly peer: string;
  readonly remote: string;
  readonly caller: string;
}

/** What pppd sets, and nothing else, before it calls /etc/ppp/ip-up or ip-down. */
export function pppdEnvironment({ unit, peer, remote }: PppLink, pid: number, isUp: boolean) {
  return {
    DEVICE: '/dev/pts/4',
    IFNAME: `ppp${unit}`,
    IPLOCAL: '10.64.0.1',
    IPREMOTE: remote,
    PEERNAME: peer,
    SPEED: '38400',
    ORIG_UID: '0',
    PPPLOGNAME: 'root',
    UNIT: String(unit),
    PPPD_PID: String(pid),
    ...(isUp ? {} : { CONNECT_TIME: '12', BYTES_SENT: '5120', BYTES_RCVD: '1024' }),
  };
}

export function pppdArguments({ unit, remote, caller }: PppLink): readonly string[] {
  return [`ppp${unit}`, '/dev/pts/4', '38400', '10.64.0.1', remote, caller];
}

/** What accel-ppp sets: no PATH, no pid, no unit. */
export function accelEnvironment({ peer, caller }: PppLink, isUp: boolean) {
  return {
    PEERNAME: peer,
    CALLING_SID: caller,
    CALLED_SID: 'br-access',
    ...(isUp ? {} : { CONNECT_TIME: '12', BYTES_SENT: '5120', BYTES_RCVD: '1024' }),
  };
}

export function accelArguments({ unit, remote, caller }: PppLink): readonly string[] {
  return [`ppp${unit}`, 'none', '0', '10.64.0.1', remote, caller];
}

/** The part of Debian's /etc/ppp/ip-up and ip-down that calls others; `directory` stands for /etc/ppp. */
const debianWrapper = (directory: string, name: string) => `#!/bin/sh
PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export PATH
PPP_IFACE="$1"
PPP_TTY="$2"
PPP_SPEED="$3"
PPP_LOCAL="$4"
PPP_REMOTE="$5"
PPP_IPPARAM="$6"
export PPP_IFACE PPP_TTY PPP_SPEED PPP_LOCAL PPP_REMOTE PPP_IPPARAM
PPP_TTYNAME=$(/usr/bin/basename "$2")
export PPP_TTYNAME
run-parts ${directory}/${name}.d \\
  --arg="$1" --arg="$2" --arg="$3" --arg="$4" --arg="$5" --arg="$6"
`;

/** A directory with the scripts that a daemon calls, the hook installed as docs/hooks.md says. */
export interface Installed {
  run(
    script: 'ip-up' | 'ip-down' | 'ip-change' | 'ip-pre-up',
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<HookRun>;
  readonly directory: string;
}

/** As `/etc/ppp` of Debian: its wrappers, and the hook in their directories. */
export function installForPppd(parent: string, config: string): Installed {
  const directory = join(parent, 'ppp');
  for (const name of ['ip-up', 'ip-down']) {
    mkdirSync(join(directory, `${name}.d`), { recursive: true });
    writeFileSync(join(directory, name), debianWrapper(directory, name));
    chmodSync(join(directory, name), 0o755);
    symlinkSync(hook, join(directory, `${name}.d`, 'holdfast'));
    writeFileSync(join(directory, `${name}.d`, 'holdfast.conf'), config);
  }
  return { directory, run: (script, args, env) => runHook(args, { program: join(directory, script), env }) };
}

/** As the paths that `[pppd-compat]` of accel-ppp names: the hook under the names of the events. */
export function installForAccel(parent: string, config: string): Installed {
  const directory = join(parent, 'accel');
  mkdirSync(directory);
  for (const name of ['ip-up', 'ip-down', 'ip-change', 'ip-pre-up']) {
    symlinkSync(hook, join(directory, name));
    writeFileSync(join(directory, `${name}.conf`), config);
  }
  return { directory, run: (script, args, env) => runHook(args, { program: join(directory, script), env }) };
}

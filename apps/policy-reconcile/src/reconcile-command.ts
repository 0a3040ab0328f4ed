/** The command line of vpn-policy-reconcile. */
import { parseDuration } from '@holdfast/base';
import { policySettings } from '@holdfast/gateway-policy/command';
import type { CommandDefinition } from '@holdfast/host/cli';
import { lockTimeout, onOrOff, type Setting, type SettingTable } from '@holdfast/host/config';
import { listen } from '@holdfast/host/listen';

const callOnly = { parse: onOrOff, fallback: false, isPersistent: false } as const;

export const reconcileSettings = {
  ...policySettings,
  lockTimeout: lockTimeout(10_000, 'the gateway lock'),
  once: { ...callOnly, flag: '--once', describe: 'one run, then exit (the default)' } as Setting<boolean>,
  watch: {
    ...callOnly,
    flag: '--watch',
    describe: 'run when a trigger is recorded and at every interval, until stopped',
  } as Setting<boolean>,
  check: {
    ...callOnly,
    flag: '--check',
    describe: 'report drift with exit status 2, repair nothing',
  } as Setting<boolean>,
  interval: {
    flag: '--interval',
    argument: 'duration',
    describe: 'longest rest between two runs of --watch (default: 30s)',
    parse: intervalMs,
    fallback: 30_000,
  } as Setting<number>,
  listen: listen('127.0.0.1:8082', '/healthz, /readyz, /metrics, /kernel and /standing of --watch'),
} satisfies SettingTable;

export const reconcileCommand: CommandDefinition = {
  name: 'vpn-policy-reconcile',
  describe: 'Compare the nftables and tc state of a gateway with truth and repair what differs.',
  settings: reconcileSettings,
  epilogue: `Exit status:
  0    repaired or nothing to repair; a --watch that was asked to stop
  2    --check found drift
  3    refused by the mass-removal guard; --force repeats it
  64   usage            65  truth fails validation     69  database or dataplane unreachable
  73   state directory  74  write or verify failed     75  locked
  77   not permitted    78  configuration             130  interrupted   143  terminated

Examples:
  vpn-policy-reconcile --check --json
  vpn-policy-reconcile --watch --interval 30s --listen 127.0.0.1:9082`,
};

function intervalMs(text: string): number {
  const ms = parseDuration(text);
  if (ms < 100 || ms > 86_400_000) throw new Error(`"${text}" is not between 100ms and 1d`);
  return ms;
}

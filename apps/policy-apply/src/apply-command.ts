/** The command line of vpn-policy-apply. */
import { policySettings, policyTriggerKinds } from '@holdfast/gateway-policy/command';
import type { CommandDefinition } from '@holdfast/host/cli';
import { lockTimeout, oneOf, onOrOff, type Setting, type SettingTable } from '@holdfast/host/config';

export const applySettings = {
  ...policySettings,
  lockTimeout: lockTimeout(30_000, 'the gateway lock'),
  reason: {
    flag: '--reason',
    argument: 'kind',
    describe: `why: ${policyTriggerKinds.join(', ')} (default: manual)`,
    parse: oneOf(...policyTriggerKinds),
    fallback: 'manual',
    isPersistent: false,
  } as Setting<(typeof policyTriggerKinds)[number]>,
  connection: {
    flag: '--connection',
    argument: 'id',
    describe: 'id of the connection that changed, for the record',
    parse: connectionId,
    fallback: undefined,
    isPersistent: false,
  } as Setting<number | undefined>,
  dryRun: {
    flag: '--dry-run',
    describe: 'show what would change, change nothing',
    parse: onOrOff,
    fallback: false,
    isPersistent: false,
  } as Setting<boolean>,
  onLocked: {
    flag: '--on-locked',
    argument: 'what',
    describe: 'wait for the gateway lock (the default), or fail at once with 75',
    parse: oneOf('wait', 'fail'),
    fallback: 'wait',
  } as Setting<'wait' | 'fail'>,
} satisfies SettingTable;

export const applyCommand: CommandDefinition = {
  name: 'vpn-policy-apply',
  describe: 'Make the nftables and tc state of a gateway equal to truth. Returns when the change is live.',
  settings: applySettings,
  epilogue: `Exit status:
  0    applied, unchanged, or joined a run that covered this trigger
  2    --dry-run found pending changes
  3    refused by the mass-removal guard; --force repeats it
  64   usage            65  truth fails validation     69  database or dataplane unreachable
  73   state directory  74  write or verify failed     75  locked: recorded, a later run covers it
  77   not permitted    78  configuration             130  interrupted   143  terminated

Examples:
  vpn-policy-apply --reason panel --connection 42
  vpn-policy-apply --dry-run --json
  vpn-policy-apply --on-locked fail --state-dir /var/lib/holdfast`,
};

function connectionId(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new Error(`"${text.slice(0, 40)}" is no connection id`);
  return Number(text);
}

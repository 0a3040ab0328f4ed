/** The command line of `vpn-radius-mapper credentials renew`. */
import type { CommandDefinition } from '@holdfast/host/cli';
import { json, onOrOff, placeSettings, type Setting, type SettingTable } from '@holdfast/host/config';

export const credentialsRenewSettings = {
  ...placeSettings,
  msChap: {
    flag: '--ms-chap',
    describe: 'let it log in by MS-CHAPv2 too, at the risk that is told below',
    parse: onOrOff,
    fallback: false,
    isPersistent: false,
  } as Setting<boolean>,
  json,
} satisfies SettingTable;

export const credentialsRenewCommand: CommandDefinition = {
  name: 'vpn-radius-mapper credentials renew',
  describe: 'Give a connection a new RADIUS password, and print it.',
  settings: credentialsRenewSettings,
  operands: [{ name: 'connection', describe: 'id of the connection, or the user name of its client' }],
  epilogue: `The password is printed once, on stdout; truth keeps a salted hash of it. The old one is void from now on, and a session
that is held goes on.

MS-CHAPv2 needs the NT hash (MD4, no salt) of the password in truth. Whoever reads that hash, in a backup too, can log in
with it as it stands, and MS-CHAPv2 itself can be broken by anybody who has listened to one login. Use it for devices that know
nothing else. Without --ms-chap the connection has no NT hash from now on.

Exit status:
  0    renewed, the password is on stdout
  64   usage          65  no such connection
  69   database unreachable
  77   no access      78  configuration

Examples:
  vpn-radius-mapper credentials renew ana
  vpn-radius-mapper credentials renew 42 --ms-chap --json`,
};

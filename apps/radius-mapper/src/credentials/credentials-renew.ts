/** `vpn-radius-mapper credentials renew` */
import { HoldfastError } from '@holdfast/base';
import type { CommandLine } from '@holdfast/host/cli';
import { renewRadiusSecret } from '@holdfast/truth-db';
import { answerOperator } from '../sessions/answer-operator.ts';
import { findNamed } from '../sessions/find-named.ts';
import { credentialsRenewSettings } from './credentials-command.ts';

/** @returns the exit status */
export async function credentialsRenew(line: CommandLine): Promise<number> {
  const [word = ''] = line.operands;
  return await answerOperator(credentialsRenewSettings, line, async (truth, settings) => {
    const { vpnConnectionId, user } = await findNamed(truth, word);
    if (user === null)
      throw new HoldfastError(
        'TRUTH_INVALID',
        `connection ${vpnConnectionId} has no user name to log in with`,
        {
          details: { vpnConnectionId },
        },
      );
    const isMsChap = settings.msChap.value;
    const how = isMsChap ? { ntHash: (await import('./nt-hash.ts')).ntHashOf } : {};
    const secret = await truth.transaction((trx) => renewRadiusSecret(trx, vpnConnectionId, how));
    return { document: { vpnConnectionId, user, secret, isMsChap }, lines: [secret] };
  });
}

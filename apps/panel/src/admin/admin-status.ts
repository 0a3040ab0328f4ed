/** `vpn-panel admin disable` and `enable` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { normalizeEmail } from '@holdfast/truth-db';
import { adminSettings } from './admin-settings.ts';
import { type AdminStatus, setAdminStatus } from './admins.ts';
import { askTruth } from './ask-truth.ts';

/** @returns the exit status */
export async function adminStatus(line: CommandLine, status: AdminStatus): Promise<number> {
  return await answer(adminSettings, line, async (settings) => {
    const email = normalizeEmail(line.operands[0] ?? '');
    const isChanged = await askTruth(settings, (truth) => setAdminStatus(truth, email, status));
    const text = isChanged ? `${email} is ${status} now` : `${email} was ${status} already`;
    return { document: { email, status, isChanged }, lines: [text] };
  });
}

/** `vpn-panel admin password` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { createPasswordHasher, normalizeEmail } from '@holdfast/truth-db';
import { adminPasswordSettings } from './admin-settings.ts';
import { setAdminPassword } from './admins.ts';
import { askTruth } from './ask-truth.ts';
import { readNewPassword } from './read-new-password.ts';

/** @returns the exit status */
export async function adminPassword(line: CommandLine, signal: AbortSignal): Promise<number> {
  return await answer(adminPasswordSettings, line, async (settings) => {
    const email = normalizeEmail(line.operands[0] ?? '');
    await askTruth(settings, async (truth) => {
      const password = await readNewPassword({ file: settings.passwordFile.value, signal });
      await setAdminPassword(truth, { email, password }, createPasswordHasher());
    });
    return { document: { email }, lines: [`${email} has a new password, and is logged in nowhere`] };
  });
}

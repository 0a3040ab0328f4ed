/** `vpn-panel admin create` */
import { systemClock } from '@holdfast/base';
import { answer, type CommandLine } from '@holdfast/host/cli';
import { createPasswordHasher, normalizeEmail } from '@holdfast/truth-db';
import { adminCreateSettings } from './admin-settings.ts';
import { addAdmin } from './admins.ts';
import { askTruth } from './ask-truth.ts';
import { readNewPassword } from './read-new-password.ts';

/** @returns the exit status */
export async function adminCreate(line: CommandLine, signal: AbortSignal): Promise<number> {
  return await answer(adminCreateSettings, line, async (settings) => {
    const email = normalizeEmail(line.operands[0] ?? '');
    const name = settings.name.value ?? email;
    const principal = await askTruth(settings, async (truth) => {
      const password = await readNewPassword({ file: settings.passwordFile.value, signal });
      const admin = { email, name, password, atMs: systemClock.wallMs() };
      return await addAdmin(truth, admin, createPasswordHasher());
    });
    return { document: { id: principal, email, name }, lines: [`${principal}  ${email}  ${name}`] };
  });
}

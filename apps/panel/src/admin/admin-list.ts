/** `vpn-panel admin list` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { adminSettings } from './admin-settings.ts';
import { listAdmins } from './admins.ts';
import { askTruth } from './ask-truth.ts';

/** @returns the exit status */
export async function adminList(line: CommandLine): Promise<number> {
  return await answer(adminSettings, line, async (settings) => {
    const admins = (await askTruth(settings, listAdmins)).map(({ principal, createdAtMs, ...admin }) => ({
      id: principal,
      ...admin,
      createdAt: new Date(createdAtMs).toISOString(),
    }));
    const lines = admins.map(
      ({ id, status, email, name }) => `${id}  ${status.padEnd(8)}  ${email}  ${name}`,
    );
    return { document: { admins }, lines };
  });
}

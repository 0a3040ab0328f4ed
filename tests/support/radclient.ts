/** FreeRADIUS' own client: a NAS that nobody here has written. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RadiusServerPlace } from './radius-client.ts';
import { runProcess } from './run-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface RadclientAnswer {
  /** Such as `Access-Accept`; undefined when there was none. */
  readonly packet: string | undefined;
  /** Attributes as it prints them: names and values, the last of each name. */
  readonly values: Readonly<Record<string, string>>;
}

/** @param attributes - in FreeRADIUS' notation, `User-Name = "ana"`; Access-Requests get their Message-Authenticator */
export async function radclient(
  server: RadiusServerPlace,
  command: 'auth' | 'acct',
  attributes: readonly string[],
): Promise<RadclientAnswer> {
  await using directory = await temporaryDirectory();
  const secretFile = join(directory.path, 'secret');
  await writeFile(secretFile, `${server.secret}\n`, { mode: 0o600 });
  const port = command === 'auth' ? server.authPort : server.acctPort;
  const signature = command === 'auth' ? ['Message-Authenticator = 0x00'] : [];
  const args = ['-x', '-t', '3', '-r', '4', '-S', secretFile, '-f', '-', `127.0.0.1:${port}`, command];
  const input = `${[...attributes, ...signature].join(', ')}\n`;
  const { stdout, stderr } = await runProcess('radclient', args, { input });
  const [, received] = stdout.split(/^Received /m);
  if (received === undefined && !`${stdout}${stderr}`.includes('No reply'))
    throw new Error(`radclient: ${stderr}`);
  const rows = [...(received ?? '').matchAll(/^\t(\S+) = "?(.*?)"?$/gm)];
  return {
    packet: received?.split(' ')[0],
    values: Object.fromEntries(rows.map(([, name, value]) => [name, value])),
  };
}

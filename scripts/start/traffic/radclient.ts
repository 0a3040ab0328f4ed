/**
 * FreeRADIUS' own client: one packet, sent up to three times, and one answer.
 * Secrets and passwords go by a file and by stdin, not by arguments.
 */
import { spawn } from 'node:child_process';
import { systemPath } from '../system-path.ts';

export interface RadiusPlace {
  readonly authPort: number;
  readonly acctPort: number;
  /** A file with the secret that NAS and FreeRADIUS share. */
  readonly secretFile: string;
  /** A directory that has a `dictionary`, which radclient wants to read. */
  readonly raddb: string;
}

export interface RadiusAnswer {
  /** Such as `Access-Accept`; undefined when nobody has answered. */
  readonly packet: string | undefined;
  /** Attributes as they are printed: the last of each name. */
  readonly values: Readonly<Record<string, string>>;
}

export type Attributes = Readonly<Record<string, string | number>>;

export async function radclient(
  { authPort, acctPort, secretFile, raddb }: RadiusPlace,
  kind: 'auth' | 'acct',
  attributes: Attributes,
): Promise<RadiusAnswer> {
  const { port, seconds } = kind === 'auth' ? { port: authPort, seconds: 2 } : { port: acctPort, seconds: 1 };
  const args = ['-x', '-t', String(seconds), '-r', '3', '-d', raddb, '-S', secretFile, '-f', '-'];
  const child = spawn('radclient', [...args, `127.0.0.1:${port}`, kind], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: systemPath, LC_ALL: 'C.UTF-8' },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => undefined); // it has ended, and has not answered
  child.stdin.end(`${Object.entries(attributes).map(lineOf).join('\n')}\n`);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const [, received] = said.split(/^Received /m);
  const rows = [...(received ?? '').matchAll(/^\t(\S+) = "?(.*?)"?$/gm)];
  return {
    packet: received?.split(' ')[0],
    values: Object.fromEntries(rows.map(([, name, value]) => [name, value])),
  };
}

/** What is text; the rest are numbers, addresses, octets and words of the dictionary, which are written as they are. */
const texts: ReadonlySet<string> = new Set([
  'User-Name',
  'User-Password',
  'Calling-Station-Id',
  'NAS-Identifier',
  'Acct-Session-Id',
]);

function lineOf([name, value]: readonly [string, string | number]): string {
  return `${name} = ${texts.has(name) ? JSON.stringify(value) : value}`;
}

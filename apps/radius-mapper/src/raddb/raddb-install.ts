/** `vpn-radius-mapper raddb install` */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandLine } from '@holdfast/host/cli';
import { loadSettings } from '@holdfast/host/config';
import { readPrivateFile } from '../serve/private-file.ts';
import { openSharedSecret, type SecretPlace, secretPath } from '../serve/shared-secret.ts';
import { checkRaddb, type RaddbCheck } from './check-raddb.ts';
import { type InstalledFile, installRaddb } from './install-raddb.ts';
import { raddbInstallSettings } from './raddb-command.ts';

/** What a configuration is refused with. */
const refusedStatus = 78;
/** Stands for a secret that is not made yet. */
const noSecret = 'made-when-written';
/** Links of the package: sites that listen where ours does, and a module that wants to be called by one of them. */
const stockLinks = ['sites-enabled/default', 'sites-enabled/inner-tunnel', 'mods-enabled/eap'];

/** @returns the exit status */
export async function raddbInstall({ flags }: CommandLine): Promise<number> {
  const settings = loadSettings(raddbInstallSettings, flags);
  const directory = resolve(settings.directory.value);
  const isDryRun = settings.dryRun.value;
  const place = { stateDirectory: settings.stateDirectory, secretFile: settings.secretFile.value };
  const secret = isDryRun ? secretIfAny(place) : openSharedSecret(place);
  const files = await installRaddb({ directory, secret, force: settings.force.value, isDryRun });
  const check = isDryRun
    ? ({ kind: 'skipped', because: 'nothing was written' } as const)
    : checkRaddb(directory);
  const next = nextSteps(directory, files);
  const document = { directory, isDryRun, files, check, next };
  process.stdout.write(
    settings.json.value ? `${JSON.stringify(document, undefined, 2)}\n` : linesOf(document),
  );
  return check.kind === 'refused' ? refusedStatus : 0;
}

function secretIfAny(place: SecretPlace): string {
  return readPrivateFile(secretPath(place))?.trim() ?? noSecret;
}

/** What is left for a person to do, in order. */
function nextSteps(directory: string, files: readonly InstalledFile[]): readonly string[] {
  const stock = stockLinks.map((link) => join(directory, link)).filter((path) => existsSync(path));
  const kept = files.filter(({ as }) => as === 'kept').map(({ path }) => path);
  return [
    ...(stock.length > 0
      ? [`rm ${stock.join(' ')}   # they listen on the same ports, and EAP is not supported`]
      : []),
    `name the NASes in ${join(directory, 'holdfast/clients.conf')}, and in truth: gateway_nas_addresses`,
    ...(kept.length > 0
      ? [`compare ${kept.join(', ')} with the shipped ones: they were edited and stay`]
      : []),
    `freeradius -C -d ${directory} && systemctl restart freeradius`,
  ];
}

interface Report {
  readonly directory: string;
  readonly isDryRun: boolean;
  readonly files: readonly InstalledFile[];
  readonly check: RaddbCheck;
  readonly next: readonly string[];
}

function linesOf({ directory, isDryRun, files, check, next }: Report): string {
  const lines = [
    `${directory}${isDryRun ? ' (nothing is written)' : ''}`,
    ...files.map(({ path, as }) => `  ${as.padEnd(9)}  ${path}`),
    ...checkLines(check),
    'next:',
    ...next.map((step, place) => `  ${place + 1}. ${step}`),
  ];
  return `${lines.join('\n')}\n`;
}

function checkLines(check: RaddbCheck): readonly string[] {
  if (check.kind === 'taken') return ['freeradius takes the configuration'];
  if (check.kind === 'skipped') return [`not checked: ${check.because}`];
  return ['freeradius refuses the configuration:', ...check.said.map((line) => `  ${line}`)];
}

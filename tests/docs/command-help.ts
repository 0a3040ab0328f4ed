/** What every command prints with `--help`, as Markdown: asked of the installed bins. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cacheBin } from '../metadata-cache/cache-bin.ts';
import { bins } from '../support/repository.ts';

const run = promisify(execFile);

export async function commandHelp(): Promise<string> {
  const words = wordsIn(await helpOf(bins.holdfast, []), /^ {2}holdfast ((?:[a-z-]+ )+) /gm);
  const mapperWords = wordsIn(await helpOf(bins.mapper, []), /^ {2}vpn-radius-mapper ((?:[a-z]+ )+) /gm);
  const panelWords = wordsIn(await helpOf(bins.panel, []), /^ {2}vpn-panel ((?:[a-z]+ )+) /gm);
  const cacheWords = wordsIn(await helpOf(cacheBin, []), /^ {2}metadata-cache ((?:[a-z]+ )+) /gm);
  const stateWords = wordsIn(await helpOf(bins.state, []), /^ {2}runtime-state ((?:[a-z]+ )+) /gm);
  const sections = await Promise.all([
    sectionOf('vpn-policy-apply', bins.apply, []),
    sectionOf('vpn-policy-reconcile', bins.reconcile, []),
    sectionOf('vpn-radius-mapper', bins.mapper, []),
    ...mapperWords.map((command) =>
      sectionOf(`vpn-radius-mapper ${command}`, bins.mapper, command.split(' ')),
    ),
    sectionOf('vpn-panel', bins.panel, []),
    ...panelWords.map((command) => sectionOf(`vpn-panel ${command}`, bins.panel, command.split(' '))),
    ...cacheWords.map((command) => sectionOf(`metadata-cache ${command}`, cacheBin, command.split(' '))),
    ...stateWords.map((command) => sectionOf(`runtime-state ${command}`, bins.state, command.split(' '))),
    ...words.map((command) => sectionOf(`holdfast ${command}`, bins.holdfast, command.split(' '))),
  ]);
  return `\n${sections.join('\n')}\n`;
}

/** The commands that a help lists. */
function wordsIn(help: string, line: RegExp): readonly string[] {
  return [...help.matchAll(line)].map(([, found = '']) => found.trim());
}

async function sectionOf(title: string, bin: string, words: readonly string[]): Promise<string> {
  return `## ${title}\n\n\`\`\`text\n${(await helpOf(bin, words)).trimEnd()}\n\`\`\`\n`;
}

/** With the environment of nobody: what a machine sets must not stand in the document. */
async function helpOf(bin: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [bin, ...words, '--help'], { env: { COLUMNS: '80' } });
  return stdout;
}

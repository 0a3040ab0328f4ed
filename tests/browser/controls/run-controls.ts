/**
 * Breaks each guard of the cases in the browser, one after the other, and says whether they notice: `red`, or `NOT RED` and why. The next one is
 * built while one is tried. All of them, or those that are named.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../support/needs.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { type BuildPlace, buildBroken } from './broken-build.ts';
import type { Control } from './control.ts';
import { controls } from './control-table.ts';
import { tryControl } from './try-control.ts';

type Built =
  | { readonly kind: 'built'; readonly place: BuildPlace }
  | { readonly kind: 'failed'; readonly error: unknown };

const names = process.argv.slice(2);
const unknown = names.filter((name) => controls.every((control) => control.name !== name));
if (unknown.length > 0) {
  process.stderr.write(`there is no such control: ${unknown.join(', ')}\n`);
  process.exitCode = 2;
} else if (isMissing('chromium')) process.stdout.write('left out: there is no chromium\n');
else process.exitCode = (await runAll(chosen())) ? 0 : 1;

function chosen(): readonly Control[] {
  return names.length === 0 ? controls : controls.filter(({ name }) => names.includes(name));
}

/** @returns whether all of them are red */
async function runAll(wanted: readonly Control[]): Promise<boolean> {
  await using directory = await temporaryDirectory();
  const startedMs = performance.now();
  const failed: string[] = [];
  let next = begin(wanted[0], directory.path);
  for (const [place, control] of wanted.entries()) {
    const built = await next;
    next = begin(wanted[place + 1], directory.path);
    const problems = await problemsWith(control, built, directory.path);
    if (problems.length > 0) failed.push(control.name);
    process.stdout.write(
      `${problems.length === 0 ? 'red' : `NOT RED: ${problems.join('; ')}`}  ${control.name}\n`,
    );
  }
  const tookS = Math.round((performance.now() - startedMs) / 1_000);
  process.stdout.write(`${wanted.length - failed.length} of ${wanted.length} controls are red, ${tookS} s\n`);
  return failed.length === 0;
}

async function begin(control: Control | undefined, directory: string): Promise<Built | undefined> {
  if (control === undefined) return undefined;
  const place = join(directory, control.name.replaceAll(' ', '-'));
  try {
    await mkdir(place);
    return { kind: 'built', place: await buildBroken(control, place) };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

async function problemsWith(
  control: Control,
  built: Built | undefined,
  directory: string,
): Promise<readonly string[]> {
  if (built?.kind !== 'built') return [`it cannot be built: ${String(built?.error)}`];
  return tryControl(control, built.place, join(directory, `${control.name.replaceAll(' ', '-')}.json`));
}

/** `holdfast doctor` */
import { HoldfastError } from '@holdfast/base';
import { answer, type CommandLine, type MainContext } from '@holdfast/host/cli';
import type { Check } from './check.ts';
import { checkTable } from './check-table.ts';
import { doctorSettings } from './doctor-command.ts';
import { openGround } from './ground.ts';
import { type CheckResult, failureOf, runChecks } from './run-checks.ts';

export async function doctor(line: CommandLine, { signal }: MainContext): Promise<number> {
  return await answer(doctorSettings, line, async (settings) => {
    const checks = chosen(settings.only.value);
    await using ground = openGround(settings);
    const results = await runChecks({ checks, ground, signal });
    const failure = failureOf(results);
    const outcome = failure === undefined ? 'usable' : failure.exit === 69 ? 'unusable' : 'invalid';
    const found = { document: { outcome, checks: results }, lines: results.flatMap(linesOf) };
    return failure === undefined ? found : { ...found, failure };
  });
}

/** In the order of the table, whatever the order in which they were named. */
function chosen(only: string | undefined): readonly Check[] {
  if (only === undefined) return checkTable;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !checkTable.some((check) => check.name === name));
  if (unknown !== undefined) {
    const known = checkTable.map(({ name }) => name).join(', ');
    throw new HoldfastError(
      'USAGE',
      `there is no check ${JSON.stringify(unknown.slice(0, 40))}; there are: ${known}`,
    );
  }
  return checkTable.filter(({ name }) => names.includes(name));
}

const nameWidth = Math.max(...checkTable.map(({ name }) => name.length)) + 2;

function linesOf({ name, findings }: CheckResult): readonly string[] {
  return findings.flatMap(({ verdict, found, hint }, place) => {
    const title = (place === 0 ? name : '').padEnd(nameWidth);
    const line = `${verdict.padEnd(6)}${title}${found}`;
    return hint === undefined ? [line] : [line, `${' '.repeat(6 + nameWidth)}-> ${hint}`];
  });
}

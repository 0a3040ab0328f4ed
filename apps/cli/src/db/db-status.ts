/** `holdfast db status` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { type SchemaStatus, schemaStatus } from '@holdfast/truth-db';
import { dbStatusSettings } from './db-command.ts';
import { withTruth } from './with-truth.ts';

export async function dbStatus(line: CommandLine): Promise<number> {
  return await answer(dbStatusSettings, line, (settings) =>
    withTruth(settings, async (truth) => {
      const status = await schemaStatus(truth);
      const { engine } = truth.dialect;
      return { document: { engine, ...status }, lines: linesOf(status) };
    }),
  );
}

function linesOf({ applied, pending, unknown, unfinished }: SchemaStatus): readonly string[] {
  return [
    ...applied.map((name) => `${name}  ${unknown.includes(name) ? 'unknown to this program' : 'applied'}`),
    ...pending.map((name) => `${name}  ${name === unfinished ? 'interrupted' : 'pending'}`),
  ];
}

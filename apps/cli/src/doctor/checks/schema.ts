/** Whether the schema of truth is exactly this program's. */
import { schemaStatus } from '@holdfast/truth-db';
import { type Check, invalid, ok, unlessFailed } from '../check.ts';

export const schemaCheck: Check = {
  name: 'schema',
  describe: 'the migrations of truth are those of this program',
  needs: ['database'],
  run: (ground) =>
    unlessFailed(async () => {
      const { applied, pending, unknown, unfinished } = await schemaStatus(ground.truth());
      if (unknown.length > 0) {
        const found = `a newer program has applied ${unknown.join(', ')}`;
        return [invalid(found, 'Use a Holdfast at least as new as the one that migrated this database.')];
      }
      if (pending.length > 0) {
        const what = unfinished === undefined ? 'lacks' : 'was interrupted at';
        return [invalid(`the schema ${what} ${pending.join(', ')}`, 'holdfast db migrate')];
      }
      return [ok(`the schema is at ${applied.at(-1) ?? 'nothing'}`)];
    }),
};

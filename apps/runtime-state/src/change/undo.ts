/** `runtime-state undo ID` */
import { answer, type CommandLine, type MainContext } from '@holdfast/host/cli';
import { openStores, waitsOf } from '../open-stores.ts';
import { undoSettings } from '../store-settings.ts';

export async function undo(line: CommandLine, { signal }: MainContext): Promise<number> {
  const [id = ''] = line.operands;
  return await answer(undoSettings, line, async (settings) => {
    const { resets } = openStores(settings, waitsOf(settings));
    const wait = { waitMs: settings.lockTimeout.value, signal };
    if (settings.setAside.value) {
      const directory = await resets.setAside(id, wait);
      return { document: { outcome: 'set-aside', id, directory }, lines: [`${id} lies in ${directory} now`] };
    }
    const receipt = await resets.undo(id, { ...wait, overwrite: settings.overwrite.value });
    const { files, undoable } = receipt;
    const count = files.filter(({ action }) => action !== 'absent').length;
    const told = `${count} files are as before; to take that back: runtime-state undo ${receipt.id}`;
    return {
      document: { outcome: undoable ? 'undone' : 'unchanged', undoes: id, id: receipt.id, files, undoable },
      lines: [undoable ? told : 'there was nothing to put back'],
    };
  });
}

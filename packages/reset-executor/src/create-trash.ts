/** The trash of a root: a directory that only this user can look into, whoever created it. */
import { closeReader } from '@holdfast/atomic-writer';
import { errnoOf } from '@holdfast/base';
import { flushDirectory, type ResetContext } from './reset-context.ts';
import { attempt } from './reset-failure.ts';

const privateMode = 0o700;

/** @throws HoldfastError TARGET_REFUSED - something else has its name; WRITE_FAILED */
export async function createTrash(context: ResetContext): Promise<void> {
  const { port, root } = context;
  if (!root.hasTrash()) {
    attempt('created', root.trashPath, () => createUnlessThere(context));
    root.hasTrash(); // refuses what somebody else may have put there
  }
  attempt('made private', root.trashPath, () => {
    if (port.identify(root.trashPath)?.mode === privateMode) return;
    const descriptor = port.openDirectory(root.trashPath);
    try {
      port.setMode(descriptor, privateMode);
    } finally {
      closeReader(port, descriptor);
    }
  });
  await flushDirectory(context, root.path);
}

function createUnlessThere({ port, root }: ResetContext): void {
  try {
    port.makeDirectory(root.trashPath);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error; // the holder of another scope was faster
  }
}

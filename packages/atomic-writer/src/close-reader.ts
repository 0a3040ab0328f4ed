/** Closes a descriptor that was open for reading: it has nothing left to fail, and its number is free either way. */
import { errnoOf } from '@holdfast/base';
import type { FilePort } from './file-port.ts';

export function closeReader(port: Pick<FilePort, 'close'>, descriptor: number): void {
  try {
    port.close(descriptor);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Closes a descriptor that was open for reading: it has nothing left to fail, and its number is free either way. */
import { errnoOf } from '@holdfast/base';
import type { ResetPort } from './reset-port.ts';

export function closeReader(port: ResetPort, descriptor: number): void {
  try {
    port.close(descriptor);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

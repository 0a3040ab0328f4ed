/** What the parts of the writer's contract are called with. */
import type { AtomicWriter } from '../atomic-writer.ts';
import type { AtomicWriterOptions } from '../writer-options.ts';

export interface ContractSubject {
  /** Name of the engine, for the report. */
  readonly name: string;
  createWriter(
    options?: AtomicWriterOptions,
  ): Pick<AtomicWriter, 'write' | 'writeSync' | 'writeMany' | 'remove' | 'sweepOrphans'>;
}

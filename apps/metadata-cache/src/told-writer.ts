/** A writer that keeps the receipt of what it wrote last at one path: how often the rename was repeated, and how long it took. */
import { resolve } from 'node:path';
import {
  AtomicWriter,
  type AtomicWriterOptions,
  type WriteData,
  type WriteOptions,
  type WriteReceipt,
} from '@holdfast/atomic-writer';

export class ToldWriter extends AtomicWriter {
  readonly #path: string;
  #receipt: WriteReceipt | undefined;

  constructor(path: string, options: AtomicWriterOptions) {
    super(options);
    this.#path = resolve(path);
  }

  get receipt(): WriteReceipt | undefined {
    return this.#receipt;
  }

  override async write(path: string, data: WriteData, options: WriteOptions = {}): Promise<WriteReceipt> {
    const receipt = await super.write(path, data, options);
    if (resolve(path) === this.#path) this.#receipt = receipt;
    return receipt;
  }
}

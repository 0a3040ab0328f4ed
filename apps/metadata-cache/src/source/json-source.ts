/** Any JSON document, by URL or path. Its top-level keys are the entries; a document that is no object is one entry. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errnoOf, HoldfastError } from '@holdfast/base';
import type { CatalogueSource, FetchedCatalogue, FetchedEntry, FetchRequest } from './catalogue-source.ts';
import type { Downloads } from './downloads.ts';
import { parseJson } from './parse-arrived.ts';
import { printableUrl, sourceError } from './source-error.ts';

/** Name of the entry of a document without keys. */
const wholeName = 'document';

export class JsonSource implements CatalogueSource {
  readonly name = 'json';
  readonly unit = 'items';
  readonly location: string;

  readonly #address: string;

  /** @param address - http or https URL, or an absolute path */
  constructor(address: string) {
    this.#address = address;
    this.location = printableUrl(address);
  }

  async fetchAll({ downloads, present }: FetchRequest): Promise<FetchedCatalogue> {
    const answer = /^https?:/.test(this.#address)
      ? await downloads.get(this.#address, present?.etag)
      : await readText(this.#address, downloads);
    if (answer.kind === 'unknown')
      throw sourceError('SOURCE_UNAVAILABLE', this.location, 'answered 404', { details: { status: 404 } });
    if (answer.kind === 'unchanged') {
      if (present === undefined)
        throw sourceError(
          'SOURCE_INVALID',
          this.location,
          'says that nothing has changed, but nothing was there',
        );
      return {
        etag: present.etag,
        entries: present.entries.map((entry) => ({ ...entry, isUnchanged: true })),
      };
    }
    const entries = entriesOf(parseJson(this.location, answer.text));
    if (entries.length === 0) throw sourceError('SOURCE_INVALID', this.location, 'has nothing in it');
    return { etag: answer.etag, entries };
  }

  async fetchOne(name: string, request: FetchRequest): Promise<FetchedEntry> {
    const { entries } = await this.fetchAll({ ...request, present: undefined });
    const found = entries.find((entry) => entry.name === name);
    if (found !== undefined) return found;
    throw new HoldfastError('DISTRIBUTION_UNKNOWN', `${this.location} has no key ${JSON.stringify(name)}`, {
      details: { name },
    });
  }
}

function entriesOf(value: unknown): readonly FetchedEntry[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const parts = isObject ? Object.entries(value) : [[wholeName, value] as const];
  return parts.map(([name, content]) => ({ name, content, count: sizeOf(content), isUnchanged: false }));
}

function sizeOf(content: unknown): number {
  if (Array.isArray(content)) return content.length;
  return typeof content === 'object' && content !== null ? Object.keys(content).length : 1;
}

/** A regular file only: a FIFO must neither block nor be read without end. */
async function readText(path: string, downloads: Downloads) {
  try {
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await file.stat();
    if (!stats.isFile()) throw sourceError('SOURCE_UNAVAILABLE', path, 'is not a regular file');
    downloads.take(path, stats.size);
    const text = await file.readFile('utf8');
    return { kind: 'body', text, etag: undefined } as const;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw sourceError('SOURCE_UNAVAILABLE', path, `cannot be read (${errno})`, { cause, details: { errno } });
  }
}

/**
 * The JDK catalogue of the Foojay DISCO API: its distributions, and the packages of each. The API knows no pages; asking
 * distribution by distribution is what divides it, and makes `--only` one request. Where a server divides an answer all
 * the same, its `Link` is followed.
 */
import { HoldfastError } from '@holdfast/base';
import type { CatalogueEntry } from '../catalogue.ts';
import type { Answer } from './attempt.ts';
import type { CatalogueSource, FetchedCatalogue, FetchedEntry, FetchRequest } from './catalogue-source.ts';
import type { Downloads } from './downloads.ts';
import { distributionsSchema, type FoojayPackage, packagesSchema } from './foojay-schema.ts';
import { inLanes } from './in-lanes.ts';
import { parseArrived } from './parse-arrived.ts';
import { printableUrl, sourceError } from './source-error.ts';

/** Requests under way at once: quick enough, and polite to a free service. */
const lanes = 4;
/** Of one answer. */
const mostPages = 1_000;

type Named = Pick<CatalogueEntry, 'name' | 'label'>;

export class FoojaySource implements CatalogueSource {
  readonly name = 'foojay';
  readonly unit = 'packages';
  readonly location: string;

  readonly #base: string;

  /** @param base - URL, without a slash behind it */
  constructor(base: string) {
    this.#base = base;
    this.location = printableUrl(base);
  }

  async fetchAll(request: FetchRequest): Promise<FetchedCatalogue> {
    const { etag, distributions } = await this.#distributions(request);
    const entries = await inLanes(distributions, lanes, (each) => this.#packages(each, request));
    return { etag, entries };
  }

  async fetchOne(name: string, request: FetchRequest): Promise<FetchedEntry> {
    const { distributions } = await this.#distributions(request);
    const found = distributions.find((each) => each.name === name || each.label === name);
    if (found !== undefined) return await this.#packages(found, request);
    const known = distributions.map((each) => each.name).join(', ');
    throw new HoldfastError(
      'DISTRIBUTION_UNKNOWN',
      `there is no distribution ${JSON.stringify(name)}; there are: ${known}`,
      {
        details: { name },
      },
    );
  }

  async #distributions({ downloads, present }: FetchRequest) {
    const address = `${this.#base}/distributions?include_versions=false&include_synonyms=false`;
    const answer = await downloads.get(address, present?.etag);
    if (answer.kind === 'unchanged' && present !== undefined)
      return { etag: present.etag, distributions: present.entries as readonly Named[] };
    if (answer.kind !== 'body') throw unexpected(address, answer.kind);
    const { result } = parseArrived(address, answer.text, distributionsSchema);
    const distributions = result.map(
      ({ name, api_parameter }): Named => ({ name: api_parameter, label: name }),
    );
    if (distributions.length === 0) throw sourceError('SOURCE_INVALID', address, 'lists no distribution');
    return { etag: answer.etag, distributions };
  }

  async #packages({ name, label }: Named, { downloads, present }: FetchRequest): Promise<FetchedEntry> {
    const known = present?.entries.find((entry) => entry.name === name);
    const first = `${this.#base}/packages?distro=${encodeURIComponent(name)}`;
    const read = await readPages(first, known?.etag, downloads);
    if (read === 'unchanged' && known !== undefined) return { ...known, isUnchanged: true };
    if (read === 'unchanged') throw unexpected(first, read);
    const content = read.packages.filter((each) => each.distribution === name);
    if (content.length === 0 && read.packages.length > 0)
      throw sourceError('SOURCE_INVALID', first, `answers with packages of others than ${name}`);
    return { name, label, content, count: content.length, etag: read.etag, isUnchanged: false };
  }
}

/** A tag speaks of one page: an answer of several is always read anew. */
async function readPages(first: string, etag: string | undefined, downloads: Downloads) {
  const answer = await downloads.get(first, etag);
  if (answer.kind === 'unchanged') return answer.kind;
  const packages: FoojayPackage[] = [];
  let next = takePage(first, answer, packages);
  if (next === undefined) return { packages, etag: answer.kind === 'body' ? answer.etag : undefined };
  for (let page = 2; next !== undefined; page += 1) {
    if (page > mostPages) throw sourceError('SOURCE_INVALID', first, `has more than ${mostPages} pages`);
    next = takePage(next, await downloads.get(next), packages);
  }
  return { packages, etag: undefined };
}

/** @returns the address of the page that follows */
function takePage(address: string, answer: Answer, packages: FoojayPackage[]): string | undefined {
  if (answer.kind !== 'body') throw unexpected(address, answer.kind);
  for (const each of parseArrived(address, answer.text, packagesSchema).result) packages.push(each);
  return answer.next;
}

function unexpected(address: string, kind: 'unchanged' | 'unknown'): HoldfastError {
  return kind === 'unknown'
    ? sourceError('SOURCE_UNAVAILABLE', address, 'answered 404', { details: { status: 404 } })
    : sourceError('SOURCE_INVALID', address, 'says that nothing has changed, but nothing was there');
}

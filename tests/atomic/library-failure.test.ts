/** The portable engine when one call of the library fails, every one in turn, and the traps of the library alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { isHoldfastError } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchedPort, watchLibrary } from './watched-calls.ts';

const errnos = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'EROFS', 'EDQUOT'] as const;

type Act = (writer: AtomicWriter, path: string) => unknown;
const acts: Readonly<Record<string, Act>> = {
  writeSync: (writer, path) => writer.writeSync(path, 'new'),
  'write of text': (writer, path) => writer.write(path, 'new'),
  'write of bytes': (writer, path) => writer.write(path, Buffer.from('new')),
  'write of a stream': (writer, path) => writer.write(path, Readable.from(['n', 'ew'])),
  'write of a group': (writer, path) => writer.writeMany([{ path, data: 'new' }]),
};

/** The library passes over these: they only look, or clean up what is gone. */
const harmless = [
  'library stat',
  'library statSync',
  'library realpath',
  'library realpathSync',
  'library unlink',
];
/** Neither can matter: the spelling of the queue's key, closing the directory that was flushed. */
const harmlessOfOurs = ['resolve', 'close'];

describe('the portable engine', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-library-'));
    path = join(directory, 'file');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  for (const [name, act] of Object.entries(acts)) {
    it.each(errnos)(`keeps the old file when any call of a ${name} fails with %s`, async (errno) => {
      const failed: string[] = [];
      for (let failAt = 1; ; failAt += 1) {
        const call = await failOnce(act, failAt, errno);
        if (call === undefined) break;
        failed.push(call);
      }
      const failures = ['open', 'write', 'rename'].map(
        (call) => failed.filter((each) => each.startsWith(`library ${call}`)).length,
      );
      // Streams are written by us, as natively.
      expect(failures).toEqual(name === 'write of a stream' ? [0, 0, 0] : [1, 1, 1]);
    });
  }

  /** @returns the call that was made to fail; undefined when the act was through before */
  async function failOnce(act: Act, failAt: number, errno: string): Promise<string | undefined> {
    writeFileSync(path, 'old');
    let calls = 0;
    let failed: string | undefined;
    const error = await outcomeOf(act, path, directory, (call) => {
      calls += 1;
      if (calls !== failAt) return;
      failed = call;
      throw Object.assign(new Error(`${errno}: injected`), { code: errno });
    });
    expect(readdirSync(directory), `after ${failed}`).toEqual(['file']);
    const isNew = error === undefined || isPublished(error);
    expect(readFileSync(path, 'utf8'), `after ${failed}`).toBe(isNew ? 'new' : 'old');
    if (error === undefined) expect([undefined, ...harmless, ...harmlessOfOurs]).toContain(failed);
    else expect(error).toMatchObject({ code: 'WRITE_FAILED', details: { errno } });
    return failed;
  }

  it.each(Object.entries(acts))(
    'outlives a burst in which the rename of the library is refused: %s',
    async (name, act) => {
      writeFileSync(path, 'old');
      let refusals = 2;
      const error = await outcomeOf(
        async (writer) => {
          const receipt = await act(writer, path);
          const [{ retries } = { retries: -1 }] = [receipt].flat() as { readonly retries: number }[];
          expect(retries).toBe(name === 'write of a stream' ? 0 : 2);
        },
        path,
        directory,
        (call) => {
          if (!call.startsWith('library rename') || refusals-- <= 0) return;
          throw Object.assign(new Error('EBUSY: injected'), { code: 'EBUSY' });
        },
      );
      expect(error).toBeUndefined();
      expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['new', ['file']]);
    },
  );

  it('lets no library name be its own: each starts with ours, of 128 random bits', async () => {
    const opened = new Set<string>();
    const rename = (from: string, to: string) => {
      opened.add(to);
      expect(from.startsWith(`${to}.`)).toBe(true);
    };
    const library = createRequire(import.meta.url)('node:fs') as {
      renameSync: (from: string, to: string) => void;
    };
    const original = library.renameSync;
    library.renameSync = (from, to) => {
      rename(from, to);
      original(from, to);
    };
    try {
      const writer = new AtomicWriter({ engine: 'portable' });
      for (let round = 0; round < 20; round += 1) writer.writeSync(path, `${round}`);
    } finally {
      library.renameSync = original;
    }
    expect(opened.size).toBe(20);
    for (const name of opened) expect(name).toMatch(/\.[0-9a-f]{32}\.holdfast-tmp$/);
  });
});

async function outcomeOf(
  act: Act,
  path: string,
  directory: string,
  before: (call: string) => void,
): Promise<unknown> {
  using _watched = watchLibrary(directory, before);
  try {
    await act(new AtomicWriter({ engine: 'portable', fs: watchedPort(before) }), path);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Only the flush of the directory comes after the rename, and its failure says so. */
function isPublished(error: unknown): boolean {
  return isHoldfastError(error) && error.details.published === true;
}

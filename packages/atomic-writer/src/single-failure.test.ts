/** One system call of a write fails, every one in turn: the error is clean, the old file stays, nothing is left behind. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHoldfastError } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtomicWriter } from './atomic-writer.ts';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import type { AtomicWriterOptions } from './writer-options.ts';

const errnos = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'EROFS', 'EDQUOT'] as const;
const large = Buffer.alloc(3_000_000, 'large');

type Act = (writer: AtomicWriter, path: string) => unknown;
interface Subject extends Pick<AtomicWriterOptions, 'preserve' | 'verify'> {
  readonly act: Act;
  readonly published: string;
}

const acts: Readonly<Record<string, Subject>> = {
  'writeSync that is read back': {
    act: (writer, path) => writer.writeSync(path, 'new'),
    published: 'new',
    preserve: 'mode+owner',
    verify: 'hash',
  },
  'write that is read back': {
    act: (writer, path) => writer.write(path, 'new'),
    published: 'new',
    preserve: 'mode+owner',
    verify: 'hash',
  },
  'writeSync of text': { act: (writer, path) => writer.writeSync(path, 'new'), published: 'new' },
  'write of text': { act: (writer, path) => writer.write(path, 'new'), published: 'new' },
  'write of a group': { act: (writer, path) => writer.writeMany([{ path, data: 'new' }]), published: 'new' },
  'write of bytes': { act: (writer, path) => writer.write(path, Buffer.from('new')), published: 'new' },
  'group that is read back': {
    act: (writer, path) => writer.writeMany([{ path, data: 'new' }]),
    published: 'new',
    preserve: 'mode+owner',
    verify: 'hash',
  },
  'write of large bytes': { act: (writer, path) => writer.write(path, large), published: large.toString() },
  'write of a stream': {
    act: (writer, path) =>
      writer.write(
        path,
        (async function* () {
          yield 'n';
          yield 'ew';
        })(),
      ),
    published: 'new',
  },
};

describe('a write of which one system call fails', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-failure-'));
    path = join(directory, 'file');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  for (const [name, { act, published, preserve = 'none', verify = 'size' }] of Object.entries(acts)) {
    it.each(errnos)(`${name}, %s at every call in turn`, async (errno) => {
      let isThrough = false;
      for (let failAt = 1; !isThrough; failAt += 1) {
        writeFileSync(path, 'old', { mode: 0o640 });
        const port = faultyPort(failAt, errno);
        const error = await outcomeOf(
          act,
          new AtomicWriter({ mode: 0o644, preserve, verify, fs: port.fs }),
          path,
        );
        isThrough = port.failed === undefined;
        expect(readdirSync(directory), `after ${port.failed}`).toEqual(['file']);
        expect(port.open, `descriptors after ${port.failed}`).toBe(0);
        if (error === undefined) expect(passedOver).toContain(port.failed);
        else expect(error).toMatchObject({ code: 'WRITE_FAILED', details: { path, errno } });
        const content = readFileSync(path, 'utf8');
        expect(content === (isPublished(error) ? published : 'old'), `file after ${port.failed}`).toBe(true);
      }
    });
  }

  it.each(errnos)(
    'a removal, %s at every call in turn, leaves the file or reports that it is gone',
    async (errno) => {
      let isThrough = false;
      for (let failAt = 1; !isThrough; failAt += 1) {
        writeFileSync(path, 'old');
        const port = faultyPort(failAt, errno);
        const error = await outcomeOf(
          (writer) => writer.remove(path),
          new AtomicWriter({ fs: port.fs }),
          path,
        );
        isThrough = port.failed === undefined;
        expect(port.open, `descriptors after ${port.failed}`).toBe(0);
        if (error === undefined) expect(passedOver).toContain(port.failed);
        else expect(error).toMatchObject({ code: 'WRITE_FAILED', details: { path, errno } });
        expect(readdirSync(directory), `after ${port.failed}`).toEqual(isPublished(error) ? [] : ['file']);
      }
    },
  );

  it('a failed flush is not tried again on the same temp', async () => {
    let flushes = 0;
    const flushLater = async () => {
      flushes += 1;
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    const write = new AtomicWriter({ fs: { ...nodeFilePort, flushLater } }).write(path, 'x');
    await expect(write).rejects.toMatchObject({ details: { step: 'flush', errno: 'EIO' } });
    expect([flushes, readdirSync(directory)]).toEqual([1, []]);
  });

  it('a temp that cannot be removed either is named', () => {
    const refuse = () => {
      throw Object.assign(new Error('EROFS'), { code: 'EROFS' });
    };
    const writer = new AtomicWriter({ fs: { ...nodeFilePort, flush: refuse, unlink: refuse } });
    const left = expect.stringContaining('.holdfast-tmp');
    expect(() => writer.writeSync(path, 'x')).toThrow(
      expect.objectContaining({
        code: 'WRITE_FAILED',
        details: expect.objectContaining({ leftBehind: left }),
      }),
    );
  });
});

/** What cannot matter: nothing failed, the spelling of the queue's key, closing the directory that was flushed. */
const passedOver = [undefined, 'resolve', 'close'];

/** Only the flush of the directory comes after the rename, and its failure says so. */
function isPublished(error: unknown): boolean {
  if (error === undefined) return true;
  return (
    isHoldfastError(error) && error.details.step === 'flush-directory' && error.details.published === true
  );
}

async function outcomeOf(act: Act, writer: AtomicWriter, path: string): Promise<unknown> {
  try {
    await act(writer, path);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Fails the n-th call; a close that fails closes all the same, as close(2) does. Counts open descriptors. */
function faultyPort(failAt: number, errno: string) {
  const port = { fs: nodeFilePort, calls: 0, failed: undefined as string | undefined, open: 0 };
  const count = (name: string) => {
    if (name === 'create' || name === 'open' || name === 'openDirectory') port.open += 1;
    if (name === 'close') port.open -= 1;
  };
  const perform = (name: string, call: () => unknown) => {
    port.calls += 1;
    const isFailing = port.calls === failAt;
    if (isFailing) port.failed = name;
    const result = isFailing && name !== 'close' ? undefined : call();
    if (!isFailing || name === 'close') count(name);
    if (isFailing) throw Object.assign(new Error(`${errno}: injected`), { code: errno });
    return result;
  };
  const members = Object.entries(nodeFilePort).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    return [
      name,
      (...parameters: unknown[]) => perform(name, () => Reflect.apply(member, undefined, parameters)),
    ];
  });
  port.fs = Object.fromEntries(members) satisfies FilePort;
  return port;
}

/**
 * The part of the writer's contract that is about what may be replaced: links, directories, odd names, and targets that
 * change while they are being written. Not part of the build.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContractSubject } from './testing/contract-subject.ts';
import { modeOf } from './testing/target-file.ts';
import { useTargetFile } from './testing/use-target-file.ts';

export function describeTargets(subject: ContractSubject): void {
  let directory: string;
  let path: string;
  useTargetFile((file) => {
    ({ directory, path } = file);
  });

  describe('targets', () => {
    it('a directory, a FIFO and a device are refused', async () => {
      const writer = subject.createWriter();
      mkdirSync(join(directory, 'sub'));
      execFileSync('mkfifo', [join(directory, 'fifo')]);
      for (const target of [join(directory, 'sub'), join(directory, 'fifo'), '/dev/null']) {
        await expect(writer.write(target, 'x')).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
        expect(() => writer.writeSync(target, 'x')).toThrow(
          expect.objectContaining({ code: 'TARGET_REFUSED' }),
        );
      }
      expect(lstatSync(join(directory, 'fifo')).isFIFO()).toBe(true);
    });

    it('a link is refused by default and what it points to stays', async () => {
      const pointed = join(directory, 'pointed');
      writeFileSync(pointed, 'old');
      symlinkSync(pointed, path);
      await expect(subject.createWriter().write(path, 'x')).rejects.toMatchObject({
        code: 'TARGET_REFUSED',
      });
      expect(readFileSync(pointed, 'utf8')).toBe('old');
    });

    it('follow writes the file that the link points to and keeps the link', async () => {
      mkdirSync(join(directory, 'sub'));
      const pointed = join(directory, 'sub', 'pointed');
      writeFileSync(pointed, 'old');
      chmodSync(pointed, 0o644);
      symlinkSync('sub/pointed', path);
      await subject.createWriter({ symlink: 'follow' }).write(path, 'new');
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect([readFileSync(pointed, 'utf8'), modeOf(pointed)]).toEqual(['new', 0o644]);
    });

    it('follow refuses a link to nothing, to itself and to a directory', async () => {
      const writer = subject.createWriter({ symlink: 'follow' });
      symlinkSync('nothing', join(directory, 'dangling'));
      symlinkSync('loop', join(directory, 'loop'));
      symlinkSync('.', join(directory, 'here'));
      for (const name of ['dangling', 'loop', 'here']) {
        await expect(writer.write(join(directory, name), 'x')).rejects.toMatchObject({
          code: 'TARGET_REFUSED',
        });
      }
      expect(existsSync(join(directory, 'nothing'))).toBe(false);
    });

    it('replace puts a private file in the place of the link', async () => {
      const pointed = join(directory, 'pointed');
      writeFileSync(pointed, 'old');
      symlinkSync(pointed, path);
      await subject.createWriter({ symlink: 'replace' }).write(path, 'new');
      expect(lstatSync(path).isFile()).toBe(true);
      expect([readFileSync(pointed, 'utf8'), readFileSync(path, 'utf8'), modeOf(path)]).toEqual([
        'old',
        'new',
        0o600,
      ]);
    });

    it('a missing directory and a file in its place are failures with path, step and errno', async () => {
      const writer = subject.createWriter();
      writeFileSync(path, 'old');
      const missing = join(directory, 'none', 'file');
      const failure = { code: 'WRITE_FAILED', details: { path: missing, step: 'create', errno: 'ENOENT' } };
      await expect(writer.write(missing, 'x')).rejects.toMatchObject(failure);
      expect(() => writer.writeSync(missing, 'x')).toThrow(expect.objectContaining({ code: 'WRITE_FAILED' }));
      await expect(writer.write(join(path, 'file'), 'x')).rejects.toMatchObject({
        code: 'WRITE_FAILED',
        details: { errno: 'ENOTDIR' },
      });
    });
  });

  describe('names', () => {
    it.each([
      ['a Buffer', Buffer.from('/tmp/x')],
      ['a lone surrogate', '/tmp/\ud800'],
      ['a NUL', '/tmp/a\0b'],
      ['nothing', undefined],
      ['a directory that may come', '/tmp/holdfast-no-such-directory/'],
    ])('%s as the path is refused', async (_, odd) => {
      const writer = subject.createWriter();
      const name = odd as string;
      const refused = { code: 'TARGET_REFUSED' };
      await expect(writer.write(name, 'x')).rejects.toMatchObject(refused);
      await expect(writer.writeMany([{ path: name, data: 'x' }])).rejects.toMatchObject(refused);
      await expect(writer.remove(name)).rejects.toMatchObject(refused);
      expect(() => writer.writeSync(name, 'x')).toThrow(expect.objectContaining(refused));
    });

    it('a file beside one whose name is not UTF-8 is written, and the sweep passes it by', async () => {
      const odd = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]);
      writeFileSync(odd, 'untouched');
      const writer = subject.createWriter();
      await writer.write(path, 'x');
      expect(await writer.sweepOrphans(directory)).toEqual({ removed: [], kept: [] });
      expect(readFileSync(odd, 'utf8')).toBe('untouched');
    });

    it.each(['nothing', 'loop'])('replace takes the place of a link to %s', async (target) => {
      symlinkSync(target, join(directory, 'loop'));
      await subject.createWriter({ symlink: 'replace' }).write(join(directory, 'loop'), 'new');
      expect(lstatSync(join(directory, 'loop')).isFile()).toBe(true);
      expect(readdirSync(directory)).toEqual(['loop']);
    });
  });

  describe('a target that changes while a stream is written', () => {
    /** Publishes a stream, in the middle of which `meanwhile` happens. */
    const writeWhile = async (meanwhile: () => void, preserve: 'mode' | 'mode+owner' = 'mode') => {
      const source = async function* () {
        yield 'half ';
        meanwhile();
        yield 'rest';
      };
      return await subject.createWriter({ preserve }).write(path, source());
    };

    it.each(['mode', 'mode+owner'] as const)('keeps the mode that it has by then (%s)', async (preserve) => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o644);
      await writeWhile(() => chmodSync(path, 0o600), preserve);
      expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['half rest', 0o600]);
    });

    it('is refused when it has become a link or a FIFO', async () => {
      const becomes = [
        () => symlinkSync('elsewhere', path),
        () => void execFileSync('mkfifo', [path]),
        () => mkdirSync(path),
      ];
      for (const become of becomes) {
        await expect(writeWhile(become)).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
        expect(readdirSync(directory)).toEqual(['file']);
        expect(lstatSync(path).isFile()).toBe(false);
        rmSync(path, { recursive: true });
      }
    });

    it('is written when it has gone, and is private again', async () => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o644);
      await writeWhile(() => unlinkSync(path));
      expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['half rest', 0o600]);
    });

    it('fails and writes nowhere else when its directory was moved and another took its place', async () => {
      const home = join(directory, 'home');
      mkdirSync(home);
      path = join(home, 'file');
      const moving = writeWhile(() => {
        renameSync(home, join(directory, 'moved'));
        mkdirSync(home);
      });
      const left = expect.stringContaining('.holdfast-tmp');
      await expect(moving).rejects.toMatchObject({
        code: 'WRITE_FAILED',
        details: { step: 'publish', errno: 'ENOENT', leftBehind: left },
      });
      expect([readdirSync(home), readdirSync(join(directory, 'moved')).length]).toEqual([[], 1]);
      rmSync(join(directory, 'moved'), { recursive: true }); // its temp is out of everybody's reach
    });
  });
}

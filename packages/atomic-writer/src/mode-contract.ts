/** The part of the writer's contract that is about permission bits and owners. Not part of the build. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import type { ContractSubject } from './testing/contract-subject.ts';
import { modeOf } from './testing/target-file.ts';
import { useTargetFile } from './testing/use-target-file.ts';

export function describeMode(subject: ContractSubject): void {
  let directory: string;
  let path: string;
  useTargetFile((file) => {
    ({ directory, path } = file);
  });

  describe('mode', () => {
    it('a new file is private', async () => {
      await subject.createWriter().write(path, 'x');
      expect(modeOf(path)).toBe(0o600);
    });

    it('an existing file keeps its mode when none is given', async () => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o640);
      const writer = subject.createWriter();
      await writer.write(path, 'new');
      expect(modeOf(path)).toBe(0o640);
      writer.writeSync(path, 'newer');
      expect(modeOf(path)).toBe(0o640);
    });

    it('a given mode is set on new and existing files', async () => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o600);
      const writer = subject.createWriter({ mode: 0o664 });
      await writer.write(path, 'new');
      expect(modeOf(path)).toBe(0o664);
    });

    it('preserve mode outweighs a given mode where there is a file', async () => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o644);
      const writer = subject.createWriter({ mode: 0o660, preserve: 'mode' });
      await writer.write(path, 'new');
      await writer.write(`${path}2`, 'new');
      expect([modeOf(path), modeOf(`${path}2`)]).toEqual([0o644, 0o660]);
    });

    it('preserve none makes an existing file private', async () => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o644);
      await subject.createWriter({ preserve: 'none' }).write(path, 'new');
      expect(modeOf(path)).toBe(0o600);
    });
  });

  describe('mode and owner', () => {
    it('a mode of 0 is a mode: given, and kept', async () => {
      const writer = subject.createWriter({ mode: 0 });
      await writer.write(path, 'x');
      expect(statSync(path).mode & 0o777).toBe(0);
      await subject.createWriter().write(path, 'newer');
      subject.createWriter().writeSync(path, 'newest');
      expect([statSync(path).mode & 0o777, statSync(path).size]).toEqual([0, 6]);
    });

    it('owner and group are asked for before the mode, and only where they differ', async () => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o640);
      const calls: string[] = [];
      const fs = foreignPort(calls, 'taken');
      await subject.createWriter({ preserve: 'mode+owner', fs }).write(path, 'new');
      expect(calls).toEqual(['owner 1234:5678', 'mode 640']);
      calls.length = 0;
      await subject.createWriter({ preserve: 'mode+owner' }).write(path, 'new');
      await subject.createWriter({ fs }).write(path, 'new');
      expect(calls).toEqual(['mode 640']);
    });

    it.each([
      [0o600, 'EPERM', 'written'],
      [0o644, 'EPERM', 'written'],
      [0o666, 'EINVAL', 'written'],
      [0o640, 'EPERM', 'refused'], // our group would read what others could not
      [0o604, 'EPERM', 'refused'], // the old group, shut out, would be others
      [0o044, 'EPERM', 'refused'], // the old owner, shut out, would be others
      [0o600, 'EIO', 'refused'],
    ])('mode %o with a refused owner (%s) is %s', async (mode, errno, outcome) => {
      writeFileSync(path, 'old');
      chmodSync(path, mode);
      const writer = subject.createWriter({ preserve: 'mode+owner', fs: foreignPort([], errno) });
      const writing = writer.write(path, 'new').then(
        () => 'written',
        ({ code, details }) => (code === 'WRITE_FAILED' && details.step === 'owner' ? 'refused' : code),
      );
      expect(await writing).toBe(outcome);
      chmodSync(path, 0o600);
      expect(readFileSync(path, 'utf8')).toBe(outcome === 'written' ? 'new' : 'old');
      expect(readdirSync(directory)).toEqual(['file']);
    });
  });
}

/** The file that is replaced belongs to somebody else; giving it to them is taken, or refused with an errno. */
function foreignPort(calls: string[], answer: string): FilePort {
  return {
    ...nodeFilePort,
    inspect: (path) => {
      const facts = nodeFilePort.inspect(path);
      return facts === undefined ? undefined : { ...facts, uid: 1234, gid: 5678 };
    },
    setOwner: (_, uid, gid) => {
      calls.push(`owner ${uid}:${gid}`);
      if (answer !== 'taken') throw Object.assign(new Error(answer), { code: answer });
    },
    setMode: (descriptor, mode) => {
      calls.push(`mode ${mode.toString(8)}`);
      nodeFilePort.setMode(descriptor, mode);
    },
  };
}

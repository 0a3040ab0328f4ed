/** What a power cut may leave of a write, an update or a removal: every state is enumerated from a recorded trace. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter, type Durability, type FilePort } from '@holdfast/atomic-writer';
import { fakeHeld } from '@holdfast/base/fake-held';
import { StateReader } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CrashState, crashStates } from './crash-states.ts';
import { type Disk, type Trace, TraceRecorder } from './recorded-trace.ts';

const newText = 'the new content, long enough to be torn';

describe('the states that a power cut may leave', () => {
  let directory: string;
  let path: string;
  let scratch: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-crash-'));
    path = join(directory, 'file');
    scratch = mkdtempSync(join(tmpdir(), 'holdfast-crashed-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
    rmSync(scratch, { recursive: true });
  });

  describe('of a write', () => {
    const engines = ['native', 'portable'] as const;

    it.each(engines)('durability full: old or new, whole; new once it has returned (%s)', (engine) => {
      const { during, after } = contentsOf(recordWrite({ engine, durability: 'full' }));
      expect(during).toEqual(new Set(['old', newText]));
      expect(after).toEqual(new Set([newText]));
    });

    it.each(engines)('durability file: old or new, whole; either once it has returned (%s)', (engine) => {
      const { during, after } = contentsOf(recordWrite({ engine, durability: 'file' }));
      expect(during).toEqual(new Set(['old', newText]));
      expect(after).toEqual(new Set(['old', newText]));
    });

    it.each(engines)('durability none: empty, torn and zeroed files are found (%s)', (engine) => {
      const { after } = contentsOf(recordWrite({ engine, durability: 'none' }));
      const torn = newText.slice(0, newText.length >> 1);
      expect(after).toEqual(new Set(['old', '', torn, '\0'.repeat(newText.length), newText]));
    });

    it('a stream and a group are as safe as a write', async () => {
      writeFileSync(path, 'old');
      const recorder = new TraceRecorder(directory);
      const writer = new AtomicWriter({ fs: recorder.port() });
      const pieces = async function* () {
        yield newText.slice(0, 7);
        yield newText.slice(7);
      };
      await writer.write(path, pieces());
      expect(contentsOf(recorder.trace).during).toEqual(new Set(['old', newText]));
      expect(contentsOf(recorder.trace).after).toEqual(new Set([newText]));

      rmSync(path);
      writeFileSync(path, 'old');
      const ofGroup = new TraceRecorder(directory);
      const other = join(directory, 'other');
      const entries = [path, other].map((target) => ({ path: target, data: newText }));
      await new AtomicWriter({ fs: ofGroup.port() }).writeMany(entries);
      expect(contentsOf(ofGroup.trace).during).toEqual(new Set(['old', newText]));
      const allAfter = last(ofGroup.trace).map(({ disk }) => [`${disk.get(path)}`, `${disk.get(other)}`]);
      expect(new Set(allAfter.flat())).toEqual(new Set([newText]));
    });

    it('a dropped flush of the file is found, and so is one of the directory', () => {
      const withoutFile = contentsOf(recordWrite({ durability: 'full' }, dropFirstFlush));
      expect(withoutFile.after).toContain('');
      const withoutDirectory = contentsOf(recordWrite({ durability: 'full' }, dropSecondFlush));
      expect(withoutDirectory.during).toEqual(new Set(['old', newText]));
      expect(withoutDirectory.after).toContain('old');
    });
  });

  describe('of a state document', () => {
    const held = fakeHeld({ scope: 'doc' });

    it('an update leaves one generation or the next as the current one', () => {
      publish(2);
      const trace = recordDocument((reader) => reader.updateSync(path, held, (value) => `${value}3`));
      const { during, after } = documentsOf(trace);
      expect(during).toEqual(new Set(['current 2', 'current 3']));
      expect(after).toEqual(new Set(['current 3']));
    });

    it('an update over damage leaves the last good generation or the next one', () => {
      publish(3);
      writeFileSync(path, 'damaged');
      const trace = recordDocument((reader) => reader.updateSync(path, held, (value) => `${value}4`));
      const { during, after } = documentsOf(trace);
      expect(during).toEqual(new Set(['last-good 2', 'last-good 3', 'current 4']));
      expect(after).toEqual(new Set(['current 4']));
    });

    it('a removal leaves the current generation or nothing, never the one before', async () => {
      publish(2);
      const recorder = new TraceRecorder(directory);
      await createReader(recorder.port()).remove(path, held);
      const { during, after } = documentsOf(recorder.trace);
      expect(during).toEqual(new Set(['current 2', 'absent 0']));
      expect(after).toEqual(new Set(['absent 0']));
    });

    function createReader(fs?: FilePort): StateReader<string> {
      const writer = new AtomicWriter(fs === undefined ? {} : { fs });
      return new StateReader({ validator: z.string(), writer, scope: 'doc' });
    }

    function publish(count: number): void {
      const reader = createReader();
      for (let index = 1; index <= count; index += 1) reader.updateSync(path, held, () => `${index}`);
    }

    function recordDocument(act: (reader: StateReader<string>) => void): Trace {
      const recorder = new TraceRecorder(directory);
      using _others = recorder.watchOthers();
      act(createReader(recorder.port()));
      return recorder.trace;
    }

    /** What a reader of another process makes of each state. */
    function documentsOf(trace: Trace): Outcomes {
      return outcomesOf(trace, (disk) => {
        const { source, generation } = createReader().readSync(put(disk));
        return `${source} ${generation}`;
      });
    }
  });

  function recordWrite(
    options: { readonly engine?: 'native' | 'portable'; readonly durability: Durability },
    change = (port: FilePort) => port,
  ): Trace {
    writeFileSync(path, 'old');
    const recorder = new TraceRecorder(directory);
    using _others = recorder.watchOthers();
    new AtomicWriter({ ...options, fs: change(recorder.port()) }).writeSync(path, newText);
    return recorder.trace;
  }

  function contentsOf(trace: Trace): Outcomes {
    return outcomesOf(trace, (disk) => disk.get(path)?.toString());
  }

  /** Makes a directory of what is left. @returns the document in it */
  function put(disk: Disk): string {
    const place = mkdtempSync(join(scratch, 'state-'));
    mkdirSync(place, { recursive: true });
    for (const [file, content] of disk) writeFileSync(join(place, file.slice(directory.length + 1)), content);
    return join(place, 'file');
  }
});

interface Outcomes {
  /** At any moment up to the return. */
  readonly during: ReadonlySet<string | undefined>;
  /** From the return on. */
  readonly after: ReadonlySet<string | undefined>;
}

function outcomesOf(trace: Trace, outcomeOf: (disk: Disk) => string | undefined): Outcomes {
  const during = new Set([...crashStates(trace)].map(({ disk }) => outcomeOf(disk)));
  return { during, after: new Set(last(trace).map(({ disk }) => outcomeOf(disk))) };
}

function last(trace: Trace): readonly CrashState[] {
  return [...crashStates(trace)].filter(({ after }) => after === trace.steps.length);
}

function dropFirstFlush(port: FilePort): FilePort {
  let flushes = 0;
  return { ...port, flush: (descriptor) => (flushes++ === 0 ? undefined : port.flush(descriptor)) };
}

function dropSecondFlush(port: FilePort): FilePort {
  let flushes = 0;
  return { ...port, flush: (descriptor) => (flushes++ === 0 ? port.flush(descriptor) : undefined) };
}

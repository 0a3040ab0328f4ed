/** A password that is typed: nothing of it is shown, and the terminal is as it was before. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { readHiddenLines } from './hidden-lines.ts';

class FakeTerminal extends EventEmitter {
  isRaw = false;
  isReading = false;
  shown = '';

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }
  setEncoding(): void {
    // Texts are what it is given.
  }
  resume(): void {
    this.isReading = true;
  }
  pause(): void {
    this.isReading = false;
  }
  write(text: string): void {
    this.shown += text;
  }
}

describe('lines that are typed unseen', () => {
  const begin = (controller = new AbortController()) => {
    const terminal = new FakeTerminal();
    const prompts = ['New: ', 'Again: '];
    const lines = readHiddenLines({ input: terminal, output: terminal, prompts, signal: controller.signal });
    return { terminal, lines, controller };
  };
  const leftClean = (terminal: FakeTerminal) => {
    expect([terminal.isRaw, terminal.isReading]).toEqual([false, false]);
    expect(terminal.listenerCount('data') + terminal.listenerCount('end')).toBe(0);
  };

  it('are read key by key, and only the prompts are shown', async () => {
    const { terminal, lines } = begin();
    expect(terminal.isRaw).toBe(true);
    for (const key of 'päss\rpäss\r') terminal.emit('data', key);
    expect(await lines).toEqual(['päss', 'päss']);
    expect(terminal.shown).toBe('New: \nAgain: \n');
    leftClean(terminal);
  });

  it('can be corrected, begun anew and pasted; arrows write nothing', async () => {
    const { terminal, lines } = begin();
    for (const piece of ['ab🦊', '\x7f', '\x08', 'c', '\x1b[A', '\t', '\n']) terminal.emit('data', piece);
    terminal.emit('data', 'wrong\x15right\rand more that nobody reads');
    expect(await lines).toEqual(['ac', 'right']);
    leftClean(terminal);
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D on an empty line', '\x04'],
  ])('are given up by %s', async (_what, key) => {
    const { terminal, lines } = begin();
    terminal.emit('data', `once\r${key}`);
    await expect(lines).rejects.toMatchObject({ code: 'CANCELLED' });
    leftClean(terminal);
  });

  it('are given up when the terminal goes away, or somebody asks us to stop', async () => {
    const gone = begin();
    gone.terminal.emit('end');
    await expect(gone.lines).rejects.toMatchObject({ code: 'CANCELLED' });
    leftClean(gone.terminal);
    const stopped = begin();
    stopped.controller.abort(new Error('stop'));
    await expect(stopped.lines).rejects.toThrow('stop');
    leftClean(stopped.terminal);
  });
});

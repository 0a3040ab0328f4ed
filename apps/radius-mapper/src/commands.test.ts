/** How commands are called. */
import { describe, expect, it } from 'vitest';
import { describeCommands, findCommand } from './commands.ts';

describe('the words of a call', () => {
  it.each([
    [[], [], true],
    [['--listen', 'none'], ['--listen', 'none'], true],
    [['serve', '--json'], ['--json'], true],
    [['sessions', 'list', '--json'], ['--json'], undefined],
    [['credentials', 'renew', '7'], ['7'], undefined],
  ])('%j leave %j to the command', (words, rest, isDaemon) => {
    const found = findCommand(words);
    expect(found?.rest).toEqual(rest);
    expect(found?.command.isDaemon).toBe(isDaemon);
  });

  it.each([[['sessions']], [['sessions', '--help']], [['listen']], [['']], [['Serve']]])(
    '%j call nothing',
    (words) => {
      expect(findCommand(words)).toBeUndefined();
    },
  );

  it('list what begins with them', () => {
    expect(describeCommands(['sessions'])).toMatch(/sessions list .*\n.*sessions release /);
    expect(describeCommands(['listen'])).toBeUndefined();
  });
});

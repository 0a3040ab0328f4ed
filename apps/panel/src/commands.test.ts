/** How commands are called. */
import { describe, expect, it } from 'vitest';
import { describeCommands, findCommand } from './commands.ts';
import { panelCommand } from './serve/panel-command.ts';

describe('the words of a call', () => {
  it.each([
    [[], [], true],
    [['--listen', 'unix:/s'], ['--listen', 'unix:/s'], true],
    [['serve', '--site', 'x'], ['--site', 'x'], true],
    [['admin', 'create', 'ana@example.com'], ['ana@example.com'], undefined],
    [['admin', 'list', '--json'], ['--json'], undefined],
  ])('%j leave %j to the command', (words, rest, isDaemon) => {
    const found = findCommand(words);
    expect(found?.rest).toEqual(rest);
    expect(found?.command.isDaemon).toBe(isDaemon);
  });

  it.each([[['admin']], [['admin', '--help']], [['listen']], [['']], [['Serve']]])(
    '%j call nothing',
    (words) => {
      expect(findCommand(words)).toBeUndefined();
    },
  );

  it('list what begins with them', () => {
    expect(describeCommands(['admin'])).toMatch(/admin create .*\n.*admin list /);
    expect(describeCommands(['listen'])).toBeUndefined();
  });

  it('are all in the help of the program', () => {
    const all = describeCommands([])?.matchAll(/^ {2}vpn-panel (admin \w+)/gm) ?? [];
    for (const [, words = ''] of all) expect(panelCommand.epilogue).toContain(`vpn-panel ${words}`);
  });
});

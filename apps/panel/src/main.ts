/** vpn-panel: finds the command, parses, runs, exits. Everything heavy is loaded after the line has been understood. */
import { HoldfastError } from '@holdfast/base';
import { parseCommand, runMain } from '@holdfast/host/cli';
import { describeCommands, findCommand } from './commands.ts';

/** How long what is left over may keep a panel that has ended. */
const leftOverMs = 1_000;

const words = process.argv.slice(2);
const found = findCommand(words);

await runMain(async (context) => {
  if (found === undefined) return list(words);
  const line = parseCommand(found.command.definition, found.rest);
  return line === undefined ? 0 : found.command.run(line, context);
});

// A database that has gone silent keeps its connection, and with it the process, for as long as a statement may take. The
// timer itself keeps nobody, and the exit status is set.
if (found?.command.isDaemon === true) setTimeout(() => process.exit(), leftOverMs).unref();

/** Words that no command is called by ask for a list, if some command begins with them. */
function list(asked: readonly string[]): number {
  const [last = ''] = asked.slice(-1);
  const text = describeCommands(['--help', '-h'].includes(last) ? asked.slice(0, -1) : asked);
  if (text === undefined) {
    throw new HoldfastError('USAGE', `there is no command "${asked.slice(0, 2).join(' ')}"`);
  }
  process.stdout.write(text);
  return 0;
}

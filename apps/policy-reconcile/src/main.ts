/** vpn-policy-reconcile: parse, run, exit. Everything heavy is loaded after the command line has been understood. */
import { parseCommandLine, runMain } from '@holdfast/host/cli';
import { reconcileCommand } from './reconcile-command.ts';

/** How long what is left over may keep a daemon that has ended. */
const leftOverMs = 1_000;

await runMain(async ({ signal }) => {
  const flags = parseCommandLine(reconcileCommand, process.argv.slice(2));
  if (flags === undefined) return 0;
  const { reconcile } = await import('./reconcile.ts');
  return reconcile(flags, signal);
});

// A database that has gone silent keeps its connection, and with it the process, for as long as a statement may take. The
// timer itself keeps nobody, and the exit status is set.
if (process.argv.includes('--watch')) setTimeout(() => process.exit(), leftOverMs).unref();

/** vpn-policy-reconcile: parse, run, exit. Everything heavy is loaded after the command line has been understood. */
import { parseCommandLine, runMain } from '@holdfast/host/cli';
import { reconcileCommand } from './reconcile-command.ts';

await runMain(async ({ signal }) => {
  const flags = parseCommandLine(reconcileCommand, process.argv.slice(2));
  if (flags === undefined) return 0;
  const { reconcile } = await import('./reconcile.ts');
  return reconcile(flags, signal);
});

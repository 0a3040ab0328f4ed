/** vpn-policy-apply: parse, run, exit. Everything heavy is loaded after the command line has been understood. */
import { readCommandLine, runMain } from '@holdfast/host/cli';
import { applyCommand } from './apply-command.ts';

await runMain(async ({ signal }) => {
  const flags = await readCommandLine(applyCommand, process.argv.slice(2));
  if (flags === undefined) return 0;
  const { apply } = await import('./apply.ts');
  return apply(flags, signal);
});

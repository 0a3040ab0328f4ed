/**
 * `npm start`: the whole control plane on this machine, with a demo truth, in a network namespace of its own.
 *
 *   npm start                 run until Ctrl-C
 *   npm start -- --once       seed, apply, print report and state, exit
 *   npm start -- --clean      remove the network namespace that root runs leave for the next one
 */
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { passSignalsOn, runBin } from './start/bin.ts';
import { openDataplane, removeNamespace } from './start/demo-dataplane.ts';

const device = 'hf0';
const help = 'usage: npm start [-- --once | --clean | --state-dir DIR]\n';

passSignalsOn();
process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 64;
  const stateDir = resolve(options['state-dir'] ?? '.holdfast');
  if (options.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (options.clean === true) return removeNamespace(stateDir);

  await using dataplane = await openDataplane(stateDir, device);
  process.stdout.write(`dataplane: ${dataplane.describe}\nstate:     ${relative(process.cwd(), stateDir)}\n`);
  const place = ['--state-dir', stateDir];
  const seeded = await runBin('holdfast', ['db', 'seed', ...place, '--device', device]);
  if (seeded !== 0) return seeded;
  const applied = await runBin('vpn-policy-apply', [...place, ...dataplane.flags, '--json']);
  if (applied !== 0) return applied;
  process.stdout.write(`\n${await dataplane.dump()}\n`);
  if (options.once === true) return 0;

  process.stdout.write(
    '\nreconciling every 10 s; Ctrl-C stops. Change truth or the kernel and watch it converge.\n',
  );
  return runBin('vpn-policy-reconcile', [...place, ...dataplane.flags, '--watch', '--interval', '10s']);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        once: { type: 'boolean' },
        clean: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        'state-dir': { type: 'string' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message.split('\n')[0]} [USAGE]\n${help}`);
    return undefined;
  }
}

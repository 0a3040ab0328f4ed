/**
 * `npm run bench [name …] [--json] [--full] [--runtime node|bun]`: measures each part beside its peer in the same run and
 * reports ratios. It never fails because something is slow; it fails when something cannot be measured.
 *
 * stdout is the table, or with `--json` one document; progress goes to stderr.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyBench } from './apply/apply-bench.ts';
import { reactionBench } from './apply/reaction-bench.ts';
import { atomicWriteBench } from './atomic-write/atomic-write-bench.ts';
import type { Bench, BenchContext } from './bench.ts';
import { hooksBench } from './hooks/hooks-bench.ts';
import { lockBench } from './lock/lock-bench.ts';
import { metadataBench } from './metadata/metadata-bench.ts';
import { mutationsBench } from './mutations/mutations-bench.ts';
import { type Report, reportText } from './print-report.ts';
import { radiusBench } from './radius/radius-bench.ts';
import { startBench } from './start/start-bench.ts';
import { storesBench } from './stores/stores-bench.ts';
import { stormBench } from './storm/storm-bench.ts';
import { truthBench } from './truth/truth-bench.ts';
import { waitBench } from './wait/wait-bench.ts';
import { installedBin, isBuilt } from './workspace.ts';

const benches: readonly Bench[] = [
  lockBench,
  atomicWriteBench,
  applyBench,
  reactionBench,
  hooksBench,
  metadataBench,
  mutationsBench,
  radiusBench,
  startBench,
  storesBench,
  stormBench,
  truthBench,
  waitBench,
];

const usage = `Usage: npm run bench -- [name …] [--json] [--full] [--runtime node|bun]

${benches.map(({ name, describe }) => `  ${name.padEnd(14)}${describe}`).join('\n')}

  --json          one document on stdout instead of tables
  --full          the big sizes too (minutes)
  --runtime bun   runs the bench itself, and what it starts of its own, on Bun
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readCommandLine();
  if (options === undefined) return 64;
  if (options.isHelp) {
    process.stdout.write(usage);
    return 0;
  }
  if (!isBuilt()) {
    process.stderr.write('bench: this checkout is not built; run npm run build first\n');
    return 78;
  }
  if (options.runtime === 'bun' && process.versions.bun === undefined) return runAgainOnBun();
  const reports: Report[] = [];
  const failure = await untilSignal(async (signal) => {
    for (const bench of options.chosen) {
      const report = await runBench(bench, {
        isFull: options.isFull,
        signal,
        tell: createTeller(bench.name),
      });
      reports.push(report);
      if (!options.isJson) process.stdout.write(`${reportText(report)}\n`);
    }
  });
  if (options.isJson) process.stdout.write(`${JSON.stringify({ reports }, undefined, 2)}\n`);
  return failure;
}

function readCommandLine() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
        runtime: { type: 'string', default: 'node' },
      },
    });
    const unknown = positionals.find((name) => benches.every((bench) => bench.name !== name));
    if (unknown !== undefined) throw new Error(`there is no bench "${unknown}"`);
    if (!['node', 'bun'].includes(values.runtime)) throw new Error('--runtime is node or bun');
    const chosen = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    return { chosen, isJson: values.json, isFull: values.full, isHelp: values.help, runtime: values.runtime };
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return undefined;
  }
}

async function runBench(bench: Bench, context: BenchContext): Promise<Report> {
  const startMs = performance.now();
  const result = await bench.run(context);
  const { bun } = process.versions;
  return {
    bench: bench.name,
    machine: {
      kernel: release(),
      cores: availableParallelism(),
      runtime: bun === undefined ? `node ${process.versions.node}` : `bun ${bun}`,
    },
    at: new Date().toISOString(),
    tookMs: performance.now() - startMs,
    result,
  };
}

/** Runs `work` with a signal for Ctrl-C and SIGTERM, and waits for its clean-up. @returns the exit status */
async function untilSignal(work: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const controller = new AbortController();
  let stoppedStatus = 130;
  const stop = (name: NodeJS.Signals) => {
    if (name === 'SIGTERM') stoppedStatus = 143;
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await work(controller.signal);
    return 0;
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return controller.signal.aborted ? stoppedStatus : 1;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function runAgainOnBun(): number {
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  return spawnSync(installedBin('bun'), args, { stdio: 'inherit' }).status ?? 1;
}

function createTeller(name: string): (line: string) => void {
  return (line) => process.stderr.write(`bench ${name}: ${line}\n`);
}

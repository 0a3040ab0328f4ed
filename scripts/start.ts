/**
 * `npm start`: the whole control plane on this machine, with demo data, in a network namespace of its own. `--help` tells
 * the options, docs/demo.md what to try.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { removeNamespace } from './start/demo-dataplane.ts';
import { type Keeper, openKeeper } from './start/keeper.ts';
import { once } from './start/once.ts';
import { help, readOptions, type StartOptions } from './start/options.ts';
import { keepToOwnConfiguration } from './start/own-settings.ts';
import { serve } from './start/serve.ts';

const device = 'hf0';
const usage = 64;
/** One Ctrl-C comes twice, from the terminal and from npm, which passes it on. */
const sameWishMs = 1_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = optionsOrUndefined();
  if (options === undefined) return usage;
  if (options.isHelp) {
    process.stdout.write(help);
    return 0;
  }
  const stateDir = resolve(options.stateDir);
  if (options.isClean && !existsSync(stateDir)) return removeNamespace(stateDir);

  const signal = stopSignal();
  const keeper = await openKeeper(stateDir);
  if (typeof keeper === 'number') return keeper;
  await using owned: Keeper = keeper;
  if (options.isClean) return removeNamespace(stateDir);
  await keepToOwnConfiguration(stateDir);
  if (options.isOnce) return await once({ stateDir, device, signal });
  return await serve({ ...options, stateDir, device, signal, keeper: owned });
}

function optionsOrUndefined(): StartOptions | undefined {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message.split('\n')[0]} [USAGE]\n${help}`);
    return undefined;
  }
}

/** Fires when we are asked to stop. Asked once more we go at once, and the keeper ends what is left. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let askedAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (stop.signal.aborted && now - askedAt > sameWishMs) process.exit(128 + constants.signals[signal]);
      askedAt = now;
      stop.abort();
    });
  }
  return stop.signal;
}

/**
 * The metadata cache with a large catalogue: what `list` takes beside a bare Node that reads and parses the same file, how much
 * memory a refresh needs, what waiting costs, and how well a limit is met.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { watchPeakMemory } from '../apply/peak-memory.ts';
import type { Bench } from '../bench.ts';
import { absolute, compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { runChild } from '../run-child.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { spreadOf } from '../spread.ts';
import { installedBin } from '../workspace.ts';
import { largeCatalogue } from './large-catalogue.ts';
import { waitingFigures } from './waiting-figures.ts';

const sizeBytes = 50_000_000;
const peer = 'read and parse';
/** The header is a line of its own. */
const readAndParse =
  'const b = require("fs").readFileSync(process.argv[1]); JSON.parse(b.subarray(b.indexOf(10) + 1).toString())';

export const metadataBench: Bench = {
  name: 'metadata',
  describe: 'metadata-cache with a catalogue of 50 MB: list, memory of a refresh, waits',
  run: async (context) => {
    const { signal, tell, isFull } = context;
    using directory = scratchDirectory();
    await using catalogue = await largeCatalogue(sizeBytes);
    const bin = installedBin('metadata-cache');
    const place = ['--state-dir', directory.path, '--foojay-url', catalogue.url] as const;
    const refresh = [bin, 'refresh', ...place] as const;
    const peaks: number[] = [];
    const times: number[] = [];
    for (let round = 1; round <= 3; round += 1) {
      tell(`refresh ${round} of ${Math.round(catalogue.sizeBytes / 1e6)} MB`);
      const { peakMb, tookMs } = await measureRefresh(refresh, signal);
      peaks.push(peakMb);
      times.push(tookMs);
    }
    const path = join(directory.path, 'cache', 'foojay.json');
    tell(`list from ${Math.round(statSync(path).size / 1e6)} MB`);
    const start = (name: string, argv: readonly [string, ...string[]]) => ({
      name,
      round: async () => (await runChild(argv, { signal })).tookMs,
    });
    const values = await inRounds(
      [start(peer, [installedBin('node'), '-e', readAndParse, path]), start('list', [bin, 'list', ...place])],
      { rounds: isFull ? 31 : 11, signal },
    );
    const what = 'catalogue of 50 MB';
    const figures: readonly Figure[] = [
      compare(values, { what, unit: 'ms', subject: 'list', peer, target: { relation: '≤', limit: 1.5 } }),
      absolute({ what, subject: 'refresh, whole', unit: 'ms', value: spreadOf(times) }),
      absolute({ what, subject: 'refresh, peak memory', unit: 'MB', value: spreadOf(peaks) }),
      ...(await waitingFigures(context, { stateDir: directory.path, refresh })),
    ];
    return {
      kind: 'measured',
      figures,
      notes: [
        'Through the installed command, start included; the peer is bare Node with the same file. Refreshes from a server on',
        'loopback: the first into nothing, the others over a catalogue of the same size. CPU time of a wait: of the process and',
        'its children, by the scheduler, from one second after the first line, with --progress plain.',
      ],
    };
  },
};

async function measureRefresh(refresh: readonly [string, ...string[]], signal: AbortSignal) {
  let memory: ReturnType<typeof watchPeakMemory> | undefined;
  const { tookMs } = await runChild([...refresh], {
    signal,
    onStart: (child) => {
      memory = watchPeakMemory(child);
    },
  });
  const peakMb = memory?.peakMb() ?? Number.NaN;
  memory?.[Symbol.dispose]();
  return { peakMb, tookMs };
}

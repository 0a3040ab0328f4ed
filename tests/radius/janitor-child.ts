/** The janitor of another machine: `janitor-child.ts DATABASE STATE_DIR`. Works once, tells how many sessions it has ended. */
import { once } from 'node:events';
import { silentLog, systemClock } from '@holdfast/base';
import { openTruth } from '@holdfast/truth-db';
import { Janitor } from '../../apps/radius-mapper/src/janitor/janitor.ts';
import { mapperOn } from './accounting-world.ts';

const [database = '', stateDir = ''] = process.argv.slice(2);
await using truth = openTruth(database, { busyTimeoutMs: 60_000 });
const mapper = mapperOn(truth, { stateDir, clock: systemClock, log: silentLog, settings: {} });
const janitor = new Janitor(mapper);
console.log('ready');
await once(process.stdin, 'data');
const end = await janitor.pass(new AbortController().signal);
const { text } = await mapper.metrics.read();
const ended = Number(/^holdfast_radius_expired_total (\d+)$/m.exec(text)?.[1]);
console.log(JSON.stringify({ end, ended }));
process.stdin.destroy();

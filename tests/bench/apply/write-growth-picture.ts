/**
 * Draws `docs/pictures/apply-growth.svg` from what the bench printed:
 *
 *   node tests/bench/main.ts apply --full --json > apply.json
 *   node tests/bench/apply/write-growth-picture.ts apply.json
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Report } from '../print-report.ts';
import { growthPicture } from './growth-picture.ts';

const [source = ''] = process.argv.slice(2);
if (source === '') throw new Error('usage: write-growth-picture.ts BENCH.json');

const { reports } = JSON.parse(readFileSync(source, 'utf8')) as { readonly reports: readonly Report[] };
const target = join(import.meta.dirname, '../../../docs/pictures/apply-growth.svg');
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, growthPicture(reports));
process.stdout.write(`${target}\n`);

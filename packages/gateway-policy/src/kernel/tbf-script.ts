/**
 * Changes as lines for `tc -batch`, one for each device. Adding and removing name our handle, so the kernel refuses them
 * where somebody else's qdisc stands.
 */
import { HoldfastError } from '@holdfast/base';
import type { Changes } from '../changes.ts';
import { isDeviceName } from '../device-name.ts';
import { parseTcRate, type RateText } from '../tc-rate.ts';
import { tbfHandle } from './tbf-list.ts';

type Line = readonly [device: string, text: string];

/** Everything that is to be shaped and is not yet, or at another rate. */
export function addTbfScript({ classes }: Changes): string {
  return script([
    ...classes.add.map(({ classId, rate }) => shaped('add', classId, rate)),
    ...classes.change.map(({ classId, to }) => shaped('change', classId, to)),
  ]);
}

export function removeTbfScript({ classes }: Changes): string {
  return script(classes.remove.map(({ classId }) => freed(classId)));
}

/** Undoes `addTbfScript`, except for its lines of those numbers, which were refused. */
export function takeBackTbfScript({ classes }: Changes, refused: ReadonlySet<number>): string {
  const { add, change } = classes;
  return script([
    ...add.filter((_, index) => !refused.has(index + 1)).map(({ classId }) => freed(classId)),
    ...change
      .filter((_, index) => !refused.has(add.length + index + 1))
      .map(({ classId, from }) => shaped('change', classId, from)),
  ]);
}

/**
 * A burst of 5 ms at full rate and never under two packets, a queue of 100 ms and never under twenty: less costs TCP
 * throughput.
 */
function shaped(verb: 'add' | 'change', device: string, rate: RateText): Line {
  const bitsPerSecond = /^\d+[KMGT]?bit$/.test(rate) ? parseTcRate(rate) : undefined;
  if (bitsPerSecond === undefined) throw notOurs(rate);
  const bytesPerSecond = bitsPerSecond / 8;
  const burst = Math.max(3_200, Math.ceil(bytesPerSecond * 0.005));
  const limit = burst + Math.max(30_000, Math.ceil(bytesPerSecond * 0.1));
  return [
    device,
    `qdisc ${verb} dev ${device} root handle ${tbfHandle} tbf rate ${rate} burst ${burst} limit ${limit}`,
  ];
}

function freed(device: string): Line {
  return [device, `qdisc del dev ${device} root handle ${tbfHandle}`];
}

/** The last border before a privileged parser: whatever made the changes, no other syntax gets through. */
function script(lines: readonly Line[]): string {
  for (const [device] of lines) if (!isDeviceName(device)) throw notOurs(device);
  return lines.map(([, text]) => `${text}\n`).join('');
}

function notOurs(word: string): HoldfastError {
  return new HoldfastError('INTERNAL', `${JSON.stringify(word.slice(0, 80))} is not a device or rate`);
}

/**
 * Reads what `tc -j qdisc show` prints: which devices there are, which of them have a TBF of ours, and which are shaped by
 * somebody else. A qdisc is ours when it is a root TBF with our handle, on whatever device it stands; all others are never
 * touched.
 *
 * A device that is down has no qdisc, is not listed, and counts as not there: its session is coming or going.
 */
import { HoldfastError } from '@holdfast/base';
import { formatTcRate, type RateText } from '../tc-rate.ts';

/** Handle of our qdiscs: "HF". */
export const tbfHandle = '4846:';

export interface TbfList {
  readonly rates: ReadonlyMap<string, RateText>;
  /** As in `ActualState.devices`. */
  readonly devices: ReadonlyMap<string, string | null>;
}

/**
 * @throws HoldfastError DATAPLANE_FAILED - the list is malformed
 */
export function parseTbfList(json: string): TbfList {
  const rates = new Map<string, RateText>();
  const devices = new Map<string, string | null>();
  for (const { kind, handle, dev, options } of rootQdiscsOf(json)) {
    const rate = kind === 'tbf' && handle === tbfHandle ? rateOf(options) : undefined;
    if (rate !== undefined) rates.set(dev, rate);
    // Handle 0: is the kernel's own choice.
    devices.set(dev, rate !== undefined || handle === '0:' ? null : `${kind} ${handle}`);
  }
  return { rates, devices };
}

export interface RootQdisc {
  readonly kind: string;
  readonly handle: string;
  readonly dev: string;
  readonly options: unknown;
}

/**
 * The roots of all devices, in the order of the list.
 *
 * @throws HoldfastError DATAPLANE_FAILED - the list is malformed
 */
export function rootQdiscsOf(json: string): readonly RootQdisc[] {
  return qdiscsOf(json)
    .filter(({ root }) => root === true) // others are below a root, or beside it: ingress
    .map((qdisc) => rootOf(qdisc) ?? malformedRoot(json));
}

function rootOf({ kind, handle, dev, options }: Fields): RootQdisc | undefined {
  const isRoot = typeof kind === 'string' && typeof handle === 'string' && typeof dev === 'string';
  return isRoot ? { kind, handle, dev, options } : undefined;
}

function malformedRoot(json: string): never {
  throw malformed(json);
}

type Fields = Readonly<Record<string, unknown>>;

function qdiscsOf(json: string): readonly Fields[] {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (cause) {
    throw malformed(json, cause);
  }
  const isList = Array.isArray(list) && list.every((entry) => typeof entry === 'object' && entry !== null);
  if (!isList) throw malformed(json);
  return list as readonly Fields[];
}

function rateOf(options: unknown): RateText | undefined {
  const rate = typeof options === 'object' && options !== null ? (options as Fields).rate : undefined;
  return typeof rate === 'number' ? formatTcRate(rate * 8) : undefined;
}

function malformed(json: string, cause?: unknown): HoldfastError {
  return new HoldfastError('DATAPLANE_FAILED', 'tc printed a list of qdiscs that cannot be read', {
    cause,
    details: { sizeCharacters: json.length, start: json.slice(0, 80), end: json.slice(-80) },
  });
}

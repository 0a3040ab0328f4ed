/** What a spooled event has to look like, as the Standard Schema that StateReader asks for. */
import type { StateReaderOptions } from '@holdfast/state';
import type { AccountingEvent } from '../accounting/accounting-event.ts';

type Schema = StateReaderOptions<AccountingEvent>['validator'];
type Check = (value: unknown) => boolean;

const kinds: readonly unknown[] = ['start', 'interim', 'stop', 'nas-on', 'nas-off', 'other'];
const isText: Check = (value) => typeof value === 'string';
const isAbsentOrText: Check = (value) => value === undefined || isText(value);
const isMoment: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

const checks: Readonly<Record<keyof AccountingEvent, Check>> = {
  kind: (value) => kinds.includes(value),
  status: isText,
  user: isText,
  src: isText,
  nasIp: isText,
  nasId: isText,
  port: isText,
  caller: isText,
  sid: isText,
  holderToken: isAbsentOrText,
  atMs: isMoment,
  receivedMs: isMoment,
  framedIp: isAbsentOrText,
  framedIpv6: isAbsentOrText,
  prefix6: isAbsentOrText,
  cause: isText,
  counters: (value) => {
    const { seconds, inBytes, outBytes } = recordOf(value) ?? {};
    return [seconds, inBytes, outBytes].every(isMoment);
  },
};

export const eventSchema: Schema = {
  '~standard': {
    version: 1,
    vendor: 'holdfast',
    validate: (value) => {
      const record = recordOf(value);
      if (record === undefined) return { issues: [{ message: 'is no event' }] };
      const wrong = Object.entries(checks).filter(([key, isRight]) => !isRight(record[key]));
      if (wrong.length === 0) return { value: value as AccountingEvent };
      return { issues: wrong.map(([key]) => ({ message: 'is missing or of another kind', path: [key] })) };
    },
  },
};

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

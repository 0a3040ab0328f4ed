/**
 * The order in which events happened. Within one boot the kernel's clock since then counts, which nobody sets back; the
 * file's time decides between boots, and between events of one hundredth of a second.
 */
import type { SpoolEvent } from './spool-event.ts';

export interface TimedEvent {
  readonly name: string;
  readonly writtenNs: bigint;
  readonly event: SpoolEvent;
}

/** Events oldest first, boot after boot. */
export function inOrder<Timed extends TimedEvent>(events: readonly Timed[]): readonly Timed[] {
  const boots = [...Map.groupBy(events, ({ event }) => event.boot?.id ?? '').values()];
  return boots
    .toSorted((one, other) => compare(newest(one), newest(other)))
    .flatMap((boot) => boot.toSorted(compareEvents));
}

function compareEvents(one: TimedEvent, other: TimedEvent): number {
  return (
    (one.event.boot?.uptimeMs ?? 0) - (other.event.boot?.uptimeMs ?? 0) ||
    compare(one.writtenNs, other.writtenNs) ||
    ranks[one.event.verb] - ranks[other.event.verb] ||
    compare(one.name, other.name)
  );
}

/** Of events of one and the same moment. */
const ranks = { up: 0, change: 1, down: 2 } as const;

function newest(events: readonly TimedEvent[]): bigint {
  return (
    events
      .map(({ writtenNs }) => writtenNs)
      .toSorted(compare)
      .at(-1) ?? 0n
  );
}

function compare<Value extends bigint | string>(one: Value, other: Value): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

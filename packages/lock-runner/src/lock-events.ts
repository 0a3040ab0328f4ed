/**
 * Where the events of every lock go: to the runner's observer, and to whoever subscribed to the `diagnostics_channel` of
 * that event. Costs two looks at a field when nobody listens.
 *
 * Whoever listens cannot disturb: what an observer throws becomes a warning of the process. A lock must be given back and
 * a result handed on whatever a metric does.
 *
 * @see docs/locking.md for the table of events
 */
import { type Channel, channel } from 'node:diagnostics_channel';
import type { LockObserver } from '@holdfast/base';

/** `holdfast:lock:EVENT`; the message is the event itself. */
const channels = {
  waiting: channel('holdfast:lock:waiting'),
  acquired: channel('holdfast:lock:acquired'),
  gaveUp: channel('holdfast:lock:gave-up'),
  released: channel('holdfast:lock:released'),
  lost: channel('holdfast:lock:lost'),
  fallback: channel('holdfast:lock:fallback'),
} as const satisfies Record<keyof LockObserver, Channel>;

/** What is told: `LockEvent<'acquired'>` is the message of `holdfast:lock:acquired`. */
export type LockEvent<Name extends keyof LockObserver> = Parameters<NonNullable<LockObserver[Name]>>[0];

export class LockEvents {
  readonly #observer: LockObserver;

  constructor(observer: LockObserver) {
    this.#observer = observer;
  }

  isHeard(name: keyof LockObserver): boolean {
    return this.#observer[name] !== undefined || channels[name].hasSubscribers;
  }

  tell<Name extends keyof LockObserver>(name: Name, event: LockEvent<Name>): void {
    try {
      (this.#observer[name] as ((told: LockEvent<Name>) => void) | undefined)?.call(this.#observer, event);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : new Error(String(error)));
    }
    if (channels[name].hasSubscribers) channels[name].publish(event);
  }
}

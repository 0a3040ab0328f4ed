/**
 * Where the events of every lock go: to the runner's observer, and to whoever subscribed to the `diagnostics_channel` of
 * that event. Costs two looks at a field when nobody listens.
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

type LockEvent<Name extends keyof LockObserver> = Parameters<NonNullable<LockObserver[Name]>>[0];

export class LockEvents {
  readonly #observer: LockObserver;

  constructor(observer: LockObserver) {
    this.#observer = observer;
  }

  isHeard(name: keyof LockObserver): boolean {
    return this.#observer[name] !== undefined || channels[name].hasSubscribers;
  }

  tell<Name extends keyof LockObserver>(name: Name, event: LockEvent<Name>): void {
    (this.#observer[name] as ((told: LockEvent<Name>) => void) | undefined)?.call(this.#observer, event);
    if (channels[name].hasSubscribers) channels[name].publish(event);
  }
}

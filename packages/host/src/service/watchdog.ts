/** Tells the manager that started us, as often as it asks, that we live. */
import type { ServiceManager } from './service-manager.ts';

/** @param isAlive - while it says no, nothing is told, and the manager will end and start us anew */
export function watchdog({ watchdogMs, tell }: ServiceManager, isAlive: () => boolean): Disposable {
  const beat = () => {
    if (isAlive()) void tell('WATCHDOG=1');
  };
  const timer = watchdogMs === undefined ? undefined : setInterval(beat, watchdogMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

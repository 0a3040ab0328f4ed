/** Tells the service manager that a server is there, that it still is, and, at the stop, that it is going. */
import type { ServiceManager } from './service-manager.ts';
import { watchdog } from './watchdog.ts';

/** @returns when the signal aborts */
export async function announcedUntil(
  signal: AbortSignal,
  { manager, url }: { readonly manager: ServiceManager; readonly url: string },
): Promise<void> {
  void manager.tell('READY=1', `STATUS=answering on ${url}`);
  // Whoever gets to say so is turning.
  using _watchdog = watchdog(manager, () => true);
  const { promise, resolve: end } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => end(), { once: true });
  if (signal.aborted) end();
  await promise;
  void manager.tell('STOPPING=1', 'STATUS=answering what is under way');
}

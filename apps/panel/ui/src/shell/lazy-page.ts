/**
 * A page that is loaded when somebody goes there, or before that, when the browser has nothing else to do: then it is also there
 * when the panel cannot be reached. What does not load is tried again for a while, for a network that comes back; files of an
 * earlier build that the panel has no more do not, and the page has to be loaded anew.
 */
import { type ComponentType, lazy } from 'react';

const pausesMs = [500, 2_000, 5_000, 10_000];
const loaders: (() => Promise<unknown>)[] = [];

export function lazyPage<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  loaders.push(load);
  return lazy(async () => ({ default: await stubbornly(load) }));
}

/** Loads all pages, one after the other. */
export async function preloadPages(): Promise<void> {
  for (const load of loaders) {
    await idle();
    // Whoever goes there tries again.
    await load().catch(() => undefined);
  }
}

async function stubbornly<T>(load: () => Promise<T>): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return load();
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no such callback.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: 10_000 });
    else setTimeout(resolve, 500);
  });
}

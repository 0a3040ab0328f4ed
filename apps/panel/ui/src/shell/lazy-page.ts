/**
 * A page that is loaded when somebody goes there, or before that: at once when it is the one that was asked for, else when the
 * browser has nothing to do, so that it is also there when the panel cannot be reached. What does not load is tried again for a
 * while, for a network that comes back; files of an earlier build that the panel has no more do not, and the page has to be
 * loaded anew.
 *
 * A page that is there is shown at once. `React.lazy` alone would show that it loads even then, and React keeps that in sight
 * for 300 ms.
 */
import { type ComponentType, createElement, lazy, type ReactNode, useState } from 'react';

interface Loader {
  readonly path: RegExp;
  readonly load: () => Promise<unknown>;
}

const pausesMs = [500, 2_000, 5_000, 10_000];
const loaders: Loader[] = [];

/** @param path - where it is, as far as nothing else is there */
export function lazyPage<Props extends object>(
  path: RegExp,
  load: () => Promise<ComponentType<Props>>,
): (props: Props) => ReactNode {
  let loaded: ComponentType<Props> | undefined;
  const loadOnce = async () => {
    loaded ??= await load();
    return loaded;
  };
  loaders.push({ path, load: loadOnce });
  const later = lazy(async () => ({ default: await stubbornly(loadOnce) }));
  // biome-ignore lint/correctness/noComponentHookFactories: made once for each page, when the module is loaded
  return function LazyPage(props) {
    // For as long as it is shown: another type would be another page, without what was typed.
    const [page] = useState<{ readonly type: ComponentType<Props> }>(() => ({ type: loaded ?? later }));
    return createElement(page.type, props);
  };
}

/** Loads the page of a path. Never fails: whoever shows it tries again. */
export async function preloadPage(path: string): Promise<void> {
  await loaders
    .find((loader) => loader.path.test(path))
    ?.load()
    .catch(() => undefined);
}

/** Loads all pages, one after the other. */
export async function preloadPages(): Promise<void> {
  for (const { load } of loaders) {
    await idle();
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

/**
 * The truth that is worked with. A server is one and the same for ever. A SQLite file may be moved away, or replaced by a
 * backup, while a descriptor of ours still leads to the old one: sessions that were given out there would be known to nobody.
 * So every use looks whether the file at the path is the one that was opened, which costs a few microseconds.
 */
import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import type { Truth } from '@holdfast/truth-db';

export interface CurrentTruth extends AsyncDisposable {
  /** @throws HoldfastError DATABASE_UNREACHABLE - the file is not there any more, or another one; see `renew` */
  readonly truth: Truth;
  /** Opens what is at the path now, if it is not what was opened. @throws HoldfastError - as opening does */
  renew(): Promise<void>;
}

/** @throws HoldfastError - as `open` does */
export function openCurrentTruth(url: string, open: () => Truth): CurrentTruth {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  return path === undefined ? constantTruth(open()) : fileTruth(resolve(path), open);
}

function constantTruth(truth: Truth): CurrentTruth {
  return { truth, renew: async () => undefined, [Symbol.asyncDispose]: () => truth.close() };
}

function fileTruth(path: string, open: () => Truth): CurrentTruth {
  const opened = () => ({ truth: open(), identity: identityOf(path) });
  let current = opened();
  const isCurrent = () => current.identity !== undefined && identityOf(path) === current.identity;
  return {
    get truth() {
      if (isCurrent()) return current.truth;
      throw new HoldfastError('DATABASE_UNREACHABLE', 'the database file is gone or was replaced', {
        details: { path },
      });
    },
    renew: async () => {
      if (isCurrent()) return;
      const before = current;
      current = opened();
      await before.truth.close();
    },
    [Symbol.asyncDispose]: () => current.truth.close(),
  };
}

function identityOf(path: string): string | undefined {
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return file === undefined ? undefined : `${file.dev}:${file.ino}`;
}

/** Streams for tests: of given pieces, and one that waits. */
import type { StreamData } from '../data-source.ts';

export async function* streamOf(...pieces: readonly (string | Uint8Array)[]): StreamData {
  yield* pieces;
}

/** A stream that waits for `go` before its one piece. */
export function pausedStream(piece: string) {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const returned = Promise.withResolvers<void>();
  const stream = (async function* () {
    try {
      asked.resolve();
      await gate.promise;
      yield piece;
    } finally {
      returned.resolve();
    }
  })();
  return { stream, asked: asked.promise, returned: returned.promise, go: () => gate.resolve() };
}

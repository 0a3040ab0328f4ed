/**
 * What can be written: text (as UTF-8; a lone surrogate becomes U+FFFD), bytes, or an async sequence of both. Bytes must
 * not be changed by their owner until the write has settled.
 */
import { orAbort } from './write-queue.ts';

export type StreamData = AsyncIterable<string | Uint8Array>;
export type WriteData = string | Uint8Array | StreamData;

/** Pieces in which large data goes out, in bytes: hashing one keeps the event loop for less than a millisecond. */
const pieceBytes = 1024 * 1024;

export function toBytes(data: string | Uint8Array): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (data instanceof Uint8Array) return data;
  throw new TypeError('data is neither text nor bytes');
}

/** The pieces of bytes at hand, without copying. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
    yield bytes.subarray(offset, offset + pieceBytes);
  }
}

/**
 * The pieces of a stream, asked for one at a time. An abort ends the wait for the next one at once; the source is told
 * to stop (`return`), without waiting for it, as it may be the one that hangs.
 *
 * @throws the source's error, or the signal's reason
 */
export async function* piecesOfStream(
  stream: StreamData,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const iterator = stream[Symbol.asyncIterator]();
  let isFinished = false;
  try {
    while (true) {
      const next = await orAbort(iterator.next(), signal);
      if (next.done === true) break;
      yield toBytes(next.value);
    }
    isFinished = true;
  } finally {
    if (!isFinished) void Promise.resolve(iterator.return?.()).catch(() => undefined); // its first error is on its way
  }
}

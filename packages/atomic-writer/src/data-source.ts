/**
 * What can be written: text (as UTF-8; a lone surrogate becomes U+FFFD), bytes, or an async sequence of both. Bytes must
 * not be changed by their owner until the write has settled.
 */
import { orAbort } from './write-queue.ts';

export type StreamData = AsyncIterable<string | Uint8Array>;
export type WriteData = string | Uint8Array | StreamData;

/** Pieces in which large data goes out, in bytes: hashing one keeps the event loop for less than a millisecond. */
const pieceBytes = 1024 * 1024;

export function toBytes(data: unknown): Uint8Array {
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
 * to stop, without waiting for it, as it may be the one that hangs.
 *
 * @throws the source's error, or the signal's reason
 */
export async function* piecesOfStream(
  stream: StreamData,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  const source = openSource(stream);
  let isFinished = false;
  try {
    while (true) {
      const next = await orAbort(source.next(), signal);
      if (next.done === true) break;
      yield toBytes(next.value);
    }
    isFinished = true;
  } finally {
    if (!isFinished) source.stop();
  }
}

interface Source {
  next(): PromiseLike<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  /** Never throws: the first error of the source is on its way. */
  stop(): void;
}

/** What a web stream and a Readable have beyond an iterator. */
interface Stoppable {
  getReader?(): { read(): ReturnType<Source['next']>; cancel(): Promise<void> };
  destroy?(): unknown;
}

/**
 * `return` of an iterator waits for the `next` before it, which may never come. A Readable and a web stream have a way
 * to be stopped that does not, and would keep their file or socket open without it.
 */
function openSource(stream: StreamData & Stoppable): Source {
  if (typeof stream?.getReader === 'function') {
    const reader = stream.getReader();
    return { next: () => reader.read(), stop: () => void reader.cancel().catch(() => undefined) };
  }
  const iterator = stream[Symbol.asyncIterator]();
  if (typeof stream.destroy === 'function')
    return { next: () => iterator.next(), stop: () => void stream.destroy?.() };
  return {
    next: () => iterator.next(),
    stop: () => void Promise.resolve(iterator.return?.()).catch(() => undefined),
  };
}

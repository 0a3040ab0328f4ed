/**
 * The body of a request, of limited size, in a callback: a promise for each request of a hot path costs more than reading it.
 *
 * A body that is too large is read on and thrown away, so that its sender gets to read the answer; one that goes on beyond
 * sixteen times the limit is given up at once. How long it may take is the server's to limit (`requestMs`).
 */
import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** `isOver` is false when its sender is still sending: the connection is of no more use. */
  | { readonly kind: 'too-large'; readonly isOver: boolean };

const nothing = Buffer.alloc(0);
/** How many times the limit is read to be polite. */
const patience = 16;

/**
 * @param mostBytes - 0 reads and throws away whatever comes
 * @param done - called once, unless the connection is lost before
 */
export function readBody(request: IncomingMessage, mostBytes: number, done: (body: Body) => void): void {
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let sizeBytes = 0;
  let isDone = false;
  request.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) {
      first = undefined;
      more = undefined;
      if (isDone || sizeBytes <= patience * Math.max(mostBytes, 4_096)) return;
      isDone = true;
      request.pause();
      done({ kind: 'too-large', isOver: false });
    } else if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  });
  request.on('end', () => {
    if (isDone) return;
    isDone = true;
    if (sizeBytes > mostBytes) done({ kind: 'too-large', isOver: true });
    else done({ kind: 'whole', bytes: more === undefined ? (first ?? nothing) : Buffer.concat(more) });
  });
}

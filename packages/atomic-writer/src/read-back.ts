/**
 * What a reader would get: the digest of a file as it is read back, in pieces. Read through the page cache, so it finds
 * what the kernel, a network file system or a union mount made of the bytes, not what the medium will say tomorrow.
 */
import { runningSha256 } from './digest.ts';
import type { FilePort } from './file-port.ts';

const pieceBytes = 1024 * 1024;

/** @returns SHA-256, 64 hex digits */
export function readBack(port: FilePort, descriptor: number, sizeBytes: number): string {
  const digest = runningSha256();
  const piece = pieceFor(sizeBytes);
  for (let position = 0, length = 1; length > 0; position += length) {
    length = port.read(descriptor, piece, position);
    digest.update(piece.subarray(0, length));
  }
  return digest.digest('hex');
}

/** `readBack` off the event loop. */
export async function readBackLater(port: FilePort, descriptor: number, sizeBytes: number): Promise<string> {
  const digest = runningSha256();
  const piece = pieceFor(sizeBytes);
  for (let position = 0, length = 1; length > 0; position += length) {
    length = await port.readLater(descriptor, piece, position);
    digest.update(piece.subarray(0, length));
  }
  return digest.digest('hex');
}

/** One byte more than the file should have, so that a longer one is seen and a small one is one read and its end. */
function pieceFor(sizeBytes: number): Uint8Array {
  return Buffer.allocUnsafe(Math.min(sizeBytes + 1, pieceBytes));
}

/**
 * Connected UDP sockets to one port of 127.0.0.1, spoken to through libc: many datagrams a call, and no event loop. A
 * datagram costs a fraction of what it does through node:dgram.
 *
 * Layouts are those of 64-bit Linux: iovec 16, mmsghdr 64 (msghdr 56, msg_len), pollfd 8 bytes.
 */
import { createRequire } from 'node:module';

export interface Datagrams {
  /** Puts a datagram behind those that `flush` will send. */
  queue(socket: number, packet: Buffer): void;
  flush(socket: number): void;
  /**
   * Waits for datagrams, at most so many milliseconds, and hands out the first two bytes of each; then `then` is called for
   * each socket that had some.
   */
  receive(
    timeoutMs: number,
    each: (socket: number, first: number, second: number) => void,
    then: (socket: number) => void,
  ): void;
  close(): void;
}

export interface DatagramsOptions {
  readonly port: number;
  readonly sockets: number;
  /** Most datagrams that one call sends or receives on a socket. */
  readonly slots: number;
}

const packetBytes = 4_096;
const pollIn = 1;
const msgDontWait = 0x40;

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  connect(fd: number, address: Buffer, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number;
  sendmmsg(fd: number, messages: Buffer, count: number, flags: number): number;
  recvmmsg(fd: number, messages: Buffer, count: number, flags: number, timeout: null): number;
  poll(fds: Buffer, count: bigint, timeoutMs: number): number;
  close(fd: number): number;
}

export function openDatagrams({ port, sockets, slots }: DatagramsOptions): Datagrams {
  const koffi = loadKoffi();
  const libc = bind(koffi);
  const fds = Array.from({ length: sockets }, () => connected(libc, port));
  const polled = Buffer.alloc(8 * sockets);
  for (const [socket, fd] of fds.entries()) {
    polled.writeInt32LE(fd, 8 * socket);
    polled.writeInt16LE(pollIn, 8 * socket + 4);
  }
  const outgoing = fds.map(() => messages(koffi, slots));
  const incoming = messages(koffi, slots);
  return {
    queue: (socket, packet) => {
      const out = outgoing[socket] as Messages;
      if (out.count === slots) throw new Error(`more than ${slots} datagrams in one flush`);
      packet.copy(out.bytes, out.count * packetBytes);
      out.vectors.writeBigUInt64LE(BigInt(packet.length), out.count * 16 + 8);
      out.count += 1;
    },
    flush: (socket) => {
      const out = outgoing[socket] as Messages;
      // A full send buffer or a refused port loses the rest, as a network does; what gets no answer is sent again.
      if (out.count > 0) libc.sendmmsg(fds[socket] ?? -1, out.headers, out.count, 0);
      out.count = 0;
    },
    receive: (timeoutMs, each, then) => {
      if (libc.poll(polled, BigInt(sockets), timeoutMs) <= 0) return;
      for (const [socket, fd] of fds.entries()) {
        if (polled.readInt16LE(8 * socket + 6) === 0) continue;
        const count = libc.recvmmsg(fd, incoming.headers, slots, msgDontWait, null);
        for (let at = 0; at < count * packetBytes; at += packetBytes) {
          each(socket, incoming.bytes.readUInt8(at), incoming.bytes.readUInt8(at + 1));
        }
        then(socket);
      }
    },
    close: () => {
      for (const fd of fds) libc.close(fd);
    },
  };
}

interface Messages {
  /** `slots` times mmsghdr. */
  readonly headers: Buffer;
  /** `slots` times iovec. */
  readonly vectors: Buffer;
  readonly bytes: Buffer;
  count: number;
}

type Koffi = typeof import('koffi');

/** Memory that does not move, as the headers hold addresses. */
function messages(koffi: Koffi, slots: number): Messages {
  const pinned = (bytes: number) => {
    const pointer: unknown = koffi.alloc('uint8_t', bytes);
    return { buffer: Buffer.from(koffi.view(pointer, bytes)).fill(0), address: koffi.address(pointer) };
  };
  const [headers, vectors, bytes] = [pinned(64 * slots), pinned(16 * slots), pinned(packetBytes * slots)];
  for (let slot = 0; slot < slots; slot += 1) {
    vectors.buffer.writeBigUInt64LE(bytes.address + BigInt(slot * packetBytes), slot * 16);
    vectors.buffer.writeBigUInt64LE(BigInt(packetBytes), slot * 16 + 8);
    headers.buffer.writeBigUInt64LE(vectors.address + BigInt(slot * 16), slot * 64 + 16);
    headers.buffer.writeBigUInt64LE(1n, slot * 64 + 24);
  }
  return { headers: headers.buffer, vectors: vectors.buffer, bytes: bytes.buffer, count: 0 };
}

/** The one that lock-runner depends on. */
function loadKoffi(): Koffi {
  const require = createRequire(new URL('../../packages/lock-runner/package.json', import.meta.url));
  // biome-ignore lint/style/noRestrictedImports: no lock is taken here, and node:dgram would cost several times as much
  // biome-ignore lint/correctness/noUndeclaredDependencies: it is asked for as the package that has it
  return require('koffi') as Koffi;
}

function bind(koffi: Koffi): Libc {
  const library = koffi.load('libc.so.6');
  return {
    socket: library.func('int socket(int, int, int)') as Libc['socket'],
    connect: library.func('int connect(int, void *, unsigned int)') as Libc['connect'],
    setsockopt: library.func('int setsockopt(int, int, int, void *, unsigned int)') as Libc['setsockopt'],
    sendmmsg: library.func('int sendmmsg(int, void *, unsigned int, int)') as Libc['sendmmsg'],
    recvmmsg: library.func('int recvmmsg(int, void *, unsigned int, int, void *)') as Libc['recvmmsg'],
    poll: library.func('int poll(void *, unsigned long, int)') as Libc['poll'],
    close: library.func('int close(int)') as Libc['close'],
  };
}

function connected(libc: Libc, port: number): number {
  const [inet, datagram, solSocket, receiveBuffer] = [2, 2, 1, 8];
  const fd = libc.socket(inet, datagram, 0);
  const size = Buffer.alloc(4);
  size.writeInt32LE(1 << 22);
  libc.setsockopt(fd, solSocket, receiveBuffer, size, size.length);
  const address = Buffer.alloc(16);
  address.writeUInt16LE(inet, 0);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  if (fd < 0 || libc.connect(fd, address, address.length) !== 0) throw new Error(`no socket to port ${port}`);
  return fd;
}

/**
 * A NAS on loopback that listens for Disconnect and CoA requests (RFC 5176). It has its own idea of the packets: it computes
 * both authenticators of a request byte by byte, refuses what differs in one of them, answers a request that was sent
 * again with the same bytes as before, and can answer as badly as the real ones, and worse.
 */
import { createHash, createHmac } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface NasDoubleRequest {
  readonly kind: 'disconnect' | 'coa';
  readonly identifier: number;
  /** Attribute number, for a vendor's as `vendor.number`, and its value. */
  readonly attributes: Readonly<Record<string, Buffer>>;
  /** Attribute numbers in the order of the packet. */
  readonly order: readonly string[];
  readonly packet: Buffer;
  /** Port of the client. */
  readonly port: number;
}

/** What it does with a request; `ack` is what a good NAS does. */
export type NasBehaviour =
  | 'ack'
  | 'signed-ack'
  | 'never'
  | 'twice'
  | { readonly nak: number | null }
  /** Acknowledges so many milliseconds after the request came, once. */
  | { readonly lateMs: number }
  /** Answers the n-th time that the same bytes come, from 1. */
  | { readonly atTry: number }
  /** Signs with another secret, and then, if told so, sends the right answer behind it. */
  | { readonly forged: 'only' | 'first' }
  /** Answers from another port of its address. */
  | 'other-port'
  | 'wrong-code'
  | 'cut-short'
  | 'wrong-message-authenticator';

export interface NasDouble extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Requests whose authenticators were right, each once. */
  readonly requests: readonly NasDoubleRequest[];
  /** Every datagram that came. */
  readonly datagrams: number;
  /** Why datagrams were refused. */
  readonly refused: readonly string[];
  /** Most requests that were waiting for an answer at once. */
  readonly mostAtOnce: number;
}

export interface NasDoubleOptions {
  readonly secret: string;
  readonly address?: string;
  readonly port?: number;
  /** Called for each new request; 'ack' by default. */
  readonly behave?: (request: NasDoubleRequest) => NasBehaviour | Promise<NasBehaviour>;
}

const requestKinds: Readonly<Record<number, NasDoubleRequest['kind']>> = { 40: 'disconnect', 43: 'coa' };

export async function startNasDouble(options: NasDoubleOptions): Promise<NasDouble> {
  const { secret, address = '127.0.0.1', port = 0, behave = () => 'ack' as const } = options;
  const socket = await bound(address, port);
  const other = await bound(address, 0);
  const requests: NasDoubleRequest[] = [];
  const refused: string[] = [];
  const seen = new Map<string, { tries: number; behaviour: Promise<NasBehaviour> }>();
  let datagrams = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  const closing = new AbortController();
  const receive = async (packet: Buffer, from: RemoteInfo) => {
    datagrams += 1;
    const request = readRequest(packet, secret, from.port);
    if (typeof request === 'string') {
      refused.push(request);
      return;
    }
    const key = `${from.port} ${packet.toString('hex')}`;
    const known = seen.get(key);
    if (known === undefined) requests.push(request);
    const one = known ?? { tries: 0, behaviour: Promise.resolve(behave(request)) };
    seen.set(key, one);
    one.tries += 1;
    const { tries } = one;
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    const behaviour = await one.behaviour;
    atOnce -= 1;
    if (typeof behaviour === 'object' && 'lateMs' in behaviour) {
      await delay(behaviour.lateMs, undefined, { signal: closing.signal }).catch(() => undefined); // or never
    }
    if (closing.signal.aborted) return;
    answer({ socket, other, secret, request, behaviour, tries, from });
  };
  socket.on('message', (packet, from) => void receive(packet, from));
  return {
    address,
    port: socket.address().port,
    requests,
    refused,
    get datagrams() {
      return datagrams;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      for (const one of [socket, other]) {
        one.close();
        await once(one, 'close');
      }
    },
  };
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4').bind(port, address);
  await once(socket, 'listening');
  return socket;
}

/** The request, or why it is none. */
function readRequest(packet: Buffer, secret: string, port: number): NasDoubleRequest | string {
  const kind = requestKinds[packet[0] ?? 0];
  if (kind === undefined) return 'code';
  if (packet.length < 20 || packet.readUInt16BE(2) !== packet.length) return 'length';
  const unsigned = Buffer.concat([packet.subarray(0, 4), Buffer.alloc(16), packet.subarray(20)]);
  const authenticator = createHash('md5').update(unsigned).update(secret).digest();
  if (!authenticator.equals(packet.subarray(4, 20))) return 'Request Authenticator';
  const list = readAttributes(packet);
  if (list === undefined) return 'attribute';
  const attributes = Object.fromEntries(list.map(({ name, value }) => [name, value]));
  const signed = list.find(({ name }) => name === '80');
  if (signed === undefined || signed.value.length !== 16) return 'no Message-Authenticator';
  unsigned.fill(0, signed.at, signed.at + 16);
  const signature = createHmac('md5', secret).update(unsigned).digest();
  if (!signed.value.equals(signature)) return 'Message-Authenticator';
  return { kind, identifier: packet[1] ?? 0, attributes, order: list.map(({ name }) => name), packet, port };
}

interface ReadAttribute {
  readonly name: string;
  readonly value: Buffer;
  /** Where the value begins. */
  readonly at: number;
}

function readAttributes(packet: Buffer): readonly ReadAttribute[] | undefined {
  const list: ReadAttribute[] = [];
  for (let at = 20; at < packet.length; ) {
    const [type = 0, length = 0] = packet.subarray(at);
    if (length < 3 || at + length > packet.length) return undefined;
    const value = packet.subarray(at + 2, at + length);
    list.push(
      type === 26
        ? { name: `${value.readUInt32BE(0)}.${value[4]}`, value: value.subarray(6), at: at + 8 }
        : { name: String(type), value, at: at + 2 },
    );
    at += length;
  }
  return list;
}

interface Answering {
  readonly socket: Socket;
  readonly other: Socket;
  readonly secret: string;
  readonly request: NasDoubleRequest;
  readonly behaviour: NasBehaviour;
  readonly tries: number;
  readonly from: RemoteInfo;
}

function answer(answering: Answering): void {
  const { socket, other, request, secret, behaviour, from } = answering;
  const by = behaviour === 'other-port' ? other : socket;
  for (const packet of answersOf(answering)) by.send(packet, from.port, from.address);
  // Rightly signed, but an answer to the other kind of request.
  if (behaviour !== 'wrong-code') return;
  const kind = request.kind === 'coa' ? 'disconnect' : 'coa';
  socket.send(reply({ ...request, kind }, secret, { isAck: true }), from.port, from.address);
}

function answersOf({ secret, request, behaviour, tries }: Answering): readonly Buffer[] {
  const ack = reply(request, secret, { isAck: true });
  switch (behaviour) {
    case 'ack':
    case 'other-port':
      return [ack];
    case 'signed-ack':
      return [reply(request, secret, { isAck: true, signWith: secret })];
    case 'twice':
      return [ack, ack];
    case 'cut-short':
      return [ack.subarray(0, 19)];
    case 'wrong-message-authenticator':
      return [reply(request, secret, { isAck: true, signWith: `not ${secret}` })];
    case 'never':
    case 'wrong-code':
      return [];
    default:
  }
  if ('nak' in behaviour) {
    return [reply(request, secret, { isAck: false, errorCause: behaviour.nak })];
  }
  if ('lateMs' in behaviour) return tries === 1 ? [ack] : [];
  if ('atTry' in behaviour) return tries >= behaviour.atTry ? [ack] : [];
  const forged = reply(request, `not ${secret}`, { isAck: true });
  return behaviour.forged === 'first' ? [forged, ack] : [forged];
}

interface Reply {
  readonly isAck: boolean;
  readonly errorCause?: number | null;
  /** Adds a Message-Authenticator, made with this secret. */
  readonly signWith?: string;
}

function reply(request: NasDoubleRequest, secret: string, { isAck, errorCause, signWith }: Reply): Buffer {
  const hasCause = errorCause !== undefined && errorCause !== null;
  const cause = Buffer.alloc(hasCause ? 6 : 0);
  if (hasCause) {
    cause.set([101, 6]);
    cause.writeUInt32BE(errorCause, 2);
  }
  const signature = Buffer.alloc(signWith === undefined ? 0 : 18);
  if (signWith !== undefined) signature.set([80, 18]);
  const requestCode = request.kind === 'coa' ? 43 : 40;
  const packet = Buffer.concat([Buffer.alloc(4), request.packet.subarray(4, 20), signature, cause]);
  packet.set([requestCode + (isAck ? 1 : 2), request.identifier]);
  packet.writeUInt16BE(packet.length, 2);
  if (signWith !== undefined) packet.set(createHmac('md5', signWith).update(packet).digest(), 22);
  packet.set(createHash('md5').update(packet).update(secret).digest(), 4);
  return packet;
}

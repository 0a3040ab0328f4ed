/** Datagrams to those who are connected: some every half second, for the counters of nft and tc. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from '../run-bin.ts';
import type { ClientSession } from './client-session.ts';

export interface Packets extends AsyncDisposable {
  /** How much was sent to the session so far. */
  bytesOf(session: ClientSession): number;
}

const everyMs = 500;
const packetBytes = 1_000;
const packetsAtOnce = 10;

/**
 * @param inside - what runs a program in the namespace; without one nothing is sent
 * @param online - who is connected, asked each time
 */
export function sendPackets(inside: Command | undefined, online: () => Iterable<ClientSession>): Packets {
  if (inside === undefined) return { bytesOf: () => 0, [Symbol.asyncDispose]: async () => undefined };
  const [file, ...first] = inside;
  const program = join(import.meta.dirname, 'packet-sender.ts');
  const child = spawn(file, [...first, process.execPath, program], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  child.stdin.on('error', () => undefined); // it has ended, and stderr says why
  const sent = new WeakMap<ClientSession, number>();
  const timer = setInterval(() => {
    for (const session of online()) {
      for (const address of [session.framedIp, session.framedIpv6]) {
        if (address === null) continue;
        child.stdin.write(`${address} ${packetsAtOnce} ${packetBytes}\n`);
        sent.set(session, (sent.get(session) ?? 0) + packetsAtOnce * packetBytes);
      }
    }
  }, everyMs);
  return {
    bytesOf: (session) => sent.get(session) ?? 0,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * The process of a load: reads its options as one line, builds the packets, answers `"ready"`, runs at the next line and
 * prints the result. It blocks while it runs: nothing else has to happen here then.
 */
import { createInterface } from 'node:readline';
import { type Datagrams, openDatagrams } from './datagrams.ts';
import { LoginLane } from './login-lane.ts';
import type { LoadOptions, LoadResult } from './radius-load.ts';
import { encodeRadius } from './radius-packet-codec.ts';

/** An identifier is one byte, so a socket carries 256 logins at a time at most; with several, a slow one blocks nobody. */
const sockets = 4;
/** How often unanswered logins are looked at, in milliseconds. */
const lookMs = 250;
const accessAccept = 2;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const options = JSON.parse((await lines.next()).value ?? '{}') as LoadOptions;
const packets = Array.from({ length: options.count }, (_value, number) => packetOf(options, number));
const datagrams = openDatagrams({ port: options.port, sockets, slots: options.inFlight });
process.stdout.write('"ready"\n');
await lines.next();
process.stdout.write(`${JSON.stringify(runLoad(datagrams, packets, options.inFlight))}\n`);
datagrams.close();

function packetOf({ secret, password, firstUser }: LoadOptions, number: number): Buffer {
  const user = firstUser + number;
  return encodeRadius({
    kind: 'access',
    identifier: Math.floor(number / sockets) % 256,
    secret,
    password,
    attributes: [
      ['User-Name', `user${user}`],
      ['NAS-IP-Address', '127.0.0.1'],
      ['NAS-Identifier', 'vpn-node-7'],
      ['NAS-Port', number],
      ['Calling-Station-Id', `203.0.${(user >> 8) & 255}.${user & 255}`],
      ['Called-Station-Id', '198.51.100.4'],
      ['Acct-Session-Id', `s-${user.toString(16).padStart(8, '0')}`],
    ],
  });
}

function runLoad(net: Datagrams, all: readonly Buffer[], inFlight: number): LoadResult {
  const lanes = Array.from({ length: sockets }, (_value, socket) => {
    const own = all.filter((_packet, number) => number % sockets === socket);
    return new LoginLane({
      net,
      socket,
      inFlight: Math.max(1, Math.floor(inFlight / sockets)),
      packets: own,
    });
  });
  const latencies: number[] = [];
  let accepted = 0;
  const answered = (socket: number, code: number, identifier: number) => {
    const tookMs = lanes[socket]?.settle(identifier);
    if (tookMs === undefined) return;
    latencies.push(tookMs);
    if (code === accessAccept) accepted += 1;
  };
  const fill = (socket: number) => lanes[socket]?.fill();
  const startMs = performance.now();
  for (const lane of lanes) lane.fill();
  let lookedMs = startMs;
  while (lanes.some(({ isOver }) => !isOver)) {
    net.receive(lookMs, answered, fill);
    const nowMs = performance.now();
    if (nowMs - lookedMs < lookMs) continue;
    lookedMs = nowMs;
    for (const lane of lanes) lane.sendAgain(nowMs);
  }
  const tookMs = performance.now() - startMs;
  const sum = (count: (lane: LoginLane) => number) => lanes.reduce((total, lane) => total + count(lane), 0);
  return {
    accepted,
    rejected: latencies.length - accepted,
    lost: sum(({ lost }) => lost),
    resent: sum(({ resent }) => resent),
    tookMs,
    latencyMs: quantiles(latencies),
  };
}

function quantiles(latencies: readonly number[]): LoadResult['latencyMs'] {
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** What `npm start` consists of: which processes, with which flags, how it is seen that each is at work, and who stops when. */
import { join } from 'node:path';
import type { DemoDataplane } from './demo-dataplane.ts';
import type { MemberOptions } from './fleet.ts';
import type { Freeradius } from './freeradius.ts';
import type { StartOptions } from './options.ts';
import type { Ports } from './ports.ts';
import { commandOf } from './run-bin.ts';
import { type LogEntry, logEntryOf, say, textOf } from './terminal.ts';
import type { TrafficSetup } from './traffic/traffic-setup.ts';

export interface MembersOptions extends Pick<StartOptions, 'stateDir' | 'panel'> {
  readonly ports: Ports;
  readonly dataplane: DemoDataplane;
}

/** The clients leave first; what reaches truth by it is in the kernel before the last one ends. */
export const stopOrder = [['traffic'], ['panel', 'freeradius', 'mapper'], ['reconcile']] as const;

/** Our own three. */
export function daemonMembers(options: MembersOptions): readonly MemberOptions[] {
  const { stateDir, panel, ports, dataplane } = options;
  const place = ['--state-dir', stateDir];
  const at = (port: number) => `127.0.0.1:${port}`;
  const reconcile = [
    ...place,
    ...dataplane.flags,
    '--watch',
    '--interval',
    '10s',
    '--listen',
    at(ports.reconcile),
  ];
  const mapper = ['serve', ...place, '--listen', at(ports.mapper)];
  const served = [
    ...place,
    '--listen',
    `${panel.host}:${ports.panel}`,
    '--status-listen',
    at(ports.panelStatus),
  ];
  return [
    logging(
      'reconcile',
      { msg: 'watching' },
      commandOf('vpn-policy-reconcile', [...reconcile, '--log-level', 'info']),
    ),
    logging(
      'mapper',
      { msg: 'listening' },
      commandOf('vpn-radius-mapper', [...mapper, '--log-level', 'info']),
    ),
    logging(
      'panel',
      // The second of its two addresses.
      { msg: 'listening', url: `http://${at(ports.panelStatus)}` },
      commandOf('vpn-panel', ['serve', ...served, '--reconcile', `http://${at(ports.reconcile)}`]),
    ),
  ];
}

/** @param stateDir - for whoever looks which process belongs to which demo; it is told the rest on stdin */
export function trafficMember(setup: TrafficSetup, stateDir: string): MemberOptions {
  const name = 'traffic';
  return {
    name,
    command: [process.execPath, join(import.meta.dirname, 'traffic', 'main.ts'), stateDir],
    input: `${JSON.stringify(setup)}\n`,
    isReady: () => true,
    onLine: (line) => say(name, line),
  };
}

/** Runs of the daemon that found their work done by the one before. */
const aside = /^gateway \S+ joined /;

/** @param ready - the line of its log that says that it is at work */
function logging(name: string, ready: Partial<LogEntry>, command: MemberOptions['command']): MemberOptions {
  return {
    name,
    command,
    isReady: (line) => {
      const entry = logEntryOf(line);
      return entry?.msg === ready.msg && (ready.url === undefined || entry?.url === ready.url);
    },
    onLine: (line) => {
      const text = textOf(line);
      if (text !== undefined && !aside.test(text)) say(name, text);
    },
  };
}

/** An error of FreeRADIUS 3.2.1 at each stop: of a thread that was to end. */
const farewell = 'Reader thread exited';

export function freeradiusMember({ command, env }: Freeradius): MemberOptions {
  const name = 'freeradius';
  return {
    name,
    command,
    env,
    isReady: (line) => line.includes('Ready to process requests'),
    onLine: (line) => {
      if (/: (?:Error|Warning): /.test(line) && !line.includes(farewell))
        say(name, line.replace(/^.*?: (?=Error|Warning)/, ''));
    },
  };
}

/** The command line of `npm start`. */
import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly isOnce: boolean;
  readonly isClean: boolean;
  readonly isHelp: boolean;
  readonly hasTraffic: boolean;
  /** Of the dice of the traffic; undefined for a random one. */
  readonly seed: number | undefined;
  /** Relative to where it was called. */
  readonly stateDir: string;
  readonly panel: PanelAddress;
}

export interface PanelAddress {
  readonly host: string;
  /** 0: a free one, for the panel and for everything else. */
  readonly port: number;
}

export const help = `usage: npm start [-- OPTION …]

Runs the control plane with demo data: panel, RADIUS mapper with a FreeRADIUS, reconcile daemon, and clients that come and go. All of it
listens on this machine alone, and the kernel that it writes to is that of a network namespace of its own.

  --panel HOST:PORT  where the panel answers (default: 127.0.0.1:8080); with port 0 everything takes free ports
  --no-traffic       nobody connects by himself
  --seed N           of the traffic, to see the same again (default: another one each time)
  --state-dir DIR    truth, locks, passwords of the demo (default: .holdfast)
  --once             no servers: hooks report the clients, one apply makes them live, report and kernel are printed
  --clean            remove the network namespace that runs of root leave for the next one
  -h, --help         print this

Ctrl-C stops everything. docs/demo.md tells what to try.
`;

/** @throws Error - in words for whoever has typed it */
export function readOptions(args: readonly string[]): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      clean: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      'no-traffic': { type: 'boolean', default: false },
      seed: { type: 'string' },
      panel: { type: 'string', default: '127.0.0.1:8080' },
      'state-dir': { type: 'string', default: '.holdfast' },
    },
  });
  return {
    isOnce: values.once,
    isClean: values.clean,
    isHelp: values.help,
    hasTraffic: !values['no-traffic'],
    seed: values.seed === undefined ? undefined : seedOf(values.seed),
    stateDir: values['state-dir'],
    panel: addressOf(values.panel),
  };
}

function addressOf(text: string): PanelAddress {
  const [, host, digits] = /^(\[[\da-fA-F:.]+\]|[^\s:[\]/]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new Error(`--panel: "${text.slice(0, 80)}" is no HOST:PORT`);
}

function seedOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--seed: "${text.slice(0, 80)}" is no number of up to nine digits`);
}

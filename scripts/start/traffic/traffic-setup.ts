/** What the traffic is told on its stdin, as one line of JSON. It has secrets in it, which is why it is no argument. */
import type { Command } from '../run-bin.ts';
import type { Client } from './client-session.ts';
import type { RadiusPlace } from './radclient.ts';

export interface TrafficSetup {
  readonly seed: number;
  readonly clients: readonly Client[];
  readonly hook: { readonly script: string; readonly spool: string };
  /** Undefined where there is no FreeRADIUS. */
  readonly radius: (RadiusPlace & { readonly nasLog: string }) | undefined;
  /** What runs a program where the clients are; undefined where nothing is sent. */
  readonly inside: Command | undefined;
}

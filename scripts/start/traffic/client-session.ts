/** A client of the demo, and what is known of its session while it is connected. */

export interface Client {
  readonly label: string;
  /** What it logs in with. */
  readonly user: string;
  readonly secret: string;
  /** What it has where nobody gives it an address. */
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
}

export interface ClientSession {
  readonly client: Client;
  /** Acct-Session-Id, and its name for hooks. */
  readonly id: string;
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
  /** What the answer to the login has said: sent back with every report. */
  readonly holder: string | undefined;
  readonly isRestricted: boolean;
  readonly startedAt: number;
}

/** How clients get in and out: by RADIUS and hooks, or by hooks alone. */
export interface Access {
  /** One line for the terminal. */
  readonly describe: string;
  /** Ends what an earlier run may have left. */
  reset(clients: readonly Client[]): Promise<void>;
  open(client: Client): Promise<Opened>;
  /** Says that it is still there, and what it has sent and received. */
  refresh(session: ClientSession, bytes: number): Promise<void>;
  close(session: ClientSession, bytes: number): Promise<void>;
  /** The same name, from elsewhere, while it is connected; undefined where nobody is asked. */
  readonly intrude: ((session: ClientSession) => Promise<Opened>) | undefined;
}

export type Opened =
  | { readonly kind: 'open'; readonly session: ClientSession }
  | { readonly kind: 'refused'; readonly because: string };

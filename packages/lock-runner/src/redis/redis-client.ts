/**
 * What the Redis backend uses of the caller's client: so much is the same in `redis` 5 and 6, and nothing of the package
 * itself is loaded. A client of `createClient()` has this shape.
 */

export interface RedisLockClient {
  /** False before `connect()` and after it was closed or has given up reconnecting. */
  readonly isOpen: boolean;
  /** False while it reconnects: commands are queued then. */
  readonly isReady: boolean;
  /** Where it connects to; only socket, database and key prefix are looked at. */
  readonly options?: unknown;
  /** The same connection with other options: a command whose signal aborts before it is written is never written. */
  withCommandOptions(options: {
    readonly abortSignal: AbortSignal;
    /** None: replies are strings and numbers whatever the caller's own commands get. */
    readonly typeMapping: Record<never, never>;
  }): RedisScriptRunner;
  /** A second connection to the same server, not connected yet. */
  duplicate(): RedisSubscriber;
}

export interface RedisScriptRunner {
  evalSha(sha1: string, options: RedisScriptArguments): Promise<unknown>;
  eval(script: string, options: RedisScriptArguments): Promise<unknown>;
}

export interface RedisScriptArguments {
  keys: string[];
  arguments: string[];
}

export interface RedisSubscriber {
  readonly isOpen: boolean;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'ready', listener: () => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** A connection that waits for news keeps no process alive. */
  unref(): void;
  destroy(): void;
}

/** Where the client connects to, without credentials: two clients of one address in one process mean the same locks. */
export function redisAddressOf({ options }: RedisLockClient): string {
  const { socket, database, keyPrefix } = fieldsOf(options);
  const { path, host = 'localhost', port = 6_379 } = fieldsOf(socket);
  return `${path ?? `${host}:${port}`}/${database ?? 0}/${keyPrefix ?? ''}`;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/**
 * The few file system calls an atomic write is made of, as one interface: the place where every difference between
 * platforms is named, and where a test makes the n-th call fail. The shapes are those of `node:fs`; errors carry an
 * errno in `code`. `nodeFilePort` is the real one.
 */

/** What decides how a path is treated. */
export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits, 0 to 0o777. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** 0 on Windows, as is `gid`. */
  readonly uid: number;
  readonly gid: number;
}

export interface FilePort {
  /** Errnos of a refused rename that go away by themselves: a scanner or reader that holds the file on Windows. */
  readonly retryableErrnos: ReadonlySet<string>;
  /** False where a directory cannot be opened and flushed (Windows); durability 'full' then equals 'file'. */
  readonly canFlushDirectories: boolean;

  /** Facts of `path` itself, links not followed; undefined when nothing has that name. */
  inspect(path: string): FileFacts | undefined;
  resolve(path: string): string;
  /** Creates `path` for writing and reading, 0600; fails with EEXIST when anything, a dangling link included, has that name. */
  create(path: string): number;
  /** Opens a file that is there for reading and writing; fails with ELOOP on a link. */
  open(path: string): number;
  openDirectory(path: string): number;
  /** Facts of an open file. */
  measure(descriptor: number): FileFacts;
  /** Writes at the descriptor's position; may write less than `length`, as write(2). */
  write(descriptor: number, bytes: Uint8Array, offset: number, length: number): number;
  /** `write` off the event loop. */
  writeLater(descriptor: number, bytes: Uint8Array, offset: number, length: number): Promise<number>;
  /** Fills `into` from `position`; may read less, 0 at the end of the file. */
  read(descriptor: number, into: Uint8Array, position: number): number;
  /** `read` off the event loop. */
  readLater(descriptor: number, into: Uint8Array, position: number): Promise<number>;
  setMode(descriptor: number, mode: number): void;
  setOwner(descriptor: number, uid: number, gid: number): void;
  flush(descriptor: number): void;
  /** `flush` off the event loop. */
  flushLater(descriptor: number): Promise<void>;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  list(directory: string): Promise<readonly string[]>;
  /** Text of /proc/self/mountinfo, empty where there is none. */
  mountTable(): string;
}

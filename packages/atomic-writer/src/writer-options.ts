/** What a writer is told once, what it is told per write, what it answers, and the defaults, resolved in one place. */
import { type Clock, type Held, systemClock } from '@holdfast/base';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import { loadPortableEngine, type WholeFileWriter } from './portable-engine.ts';
import type { SymlinkPolicy } from './target.ts';

/** 'none': no flush. 'file': the content is flushed before the rename. 'full': the directory too, after it. */
export type Durability = 'none' | 'file' | 'full';

export interface AtomicWriterOptions {
  /** Default 'full'. */
  readonly durability?: Durability;
  /** Permission bits of the written file, whatever the umask. Default 0o600. */
  readonly mode?: number;
  /**
   * 'mode': a file that exists keeps its permission bits, `mode` is for new ones; 'mode+owner': owner and group too;
   * 'none': `mode` always. Default 'mode', but 'none' when `mode` is given. Set-user-id and sticky bits are never kept.
   * Where the system does not let this user give files away, 'mode+owner' writes the file as its own only if that opens
   * it to nobody else.
   */
  readonly preserve?: 'mode' | 'mode+owner' | 'none';
  /** Default 'refuse'. */
  readonly symlink?: SymlinkPolicy;
  /** 'native': own system calls. 'portable': through write-file-atomic, see `portable-engine.ts`. Default 'native'. */
  readonly engine?: 'native' | 'portable';
  /**
   * What is compared before the rename: the size of the file, or also the digest of the file read back. Default 'size'.
   * 'hash' costs about as much as hashing the data twice more; it finds what a union mount, a network file system or bad
   * memory did to the bytes.
   */
  readonly verify?: 'size' | 'hash';
  /**
   * How long a refused rename is retried without a hold, in milliseconds; with one, what is left of its `budgetMs` counts,
   * which all writes under that hold share.
   * 0 = one try, `Infinity` = 10 s. Default 2000, the patience of Go's robustio.
   */
  readonly retryBudgetMs?: number;
  readonly clock?: Clock;
  /** The file system; tests make single calls fail. */
  readonly fs?: FilePort;
}

export interface WriteSyncOptions {
  /** The rename happens under `held.publish`, which refuses it when the lock is lost. */
  readonly held?: Held | undefined;
  /** Runs synchronously right before the rename, under the same fence check; must bear repetition. */
  readonly beforePublish?: (() => void) | undefined;
  /**
   * The caller has just read the path without following links, under the same hold: it is a regular file or nothing, and is
   * not looked at again. Means nothing where its mode or a link decides something.
   */
  readonly isTargetRead?: boolean | undefined;
}

export interface WriteOptions extends WriteSyncOptions {
  /** Ends the write before its rename; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A group has no single moment before its rename, nor have all of its paths been read just before. */
export type WriteManyOptions = Omit<WriteOptions, 'beforePublish' | 'isTargetRead'>;

export interface WriteReceipt {
  readonly bytes: number;
  /** Of the written bytes, 64 hex digits. */
  readonly sha256: string;
  /** How often the rename was repeated. */
  readonly retries: number;
  /** From the call, waiting in the queue included, in milliseconds. */
  readonly tookMs: number;
}

/** `AtomicWriterOptions` with every question answered. */
export interface WriterSettings {
  readonly flushesFile: boolean;
  readonly flushesDirectory: boolean;
  readonly mode: number;
  readonly keepsMode: boolean;
  readonly keepsOwner: boolean;
  readonly verifiesHash: boolean;
  /** Writes whole data instead of us; undefined for the native engine. */
  readonly library: WholeFileWriter | undefined;
  readonly symlink: SymlinkPolicy;
  readonly retryBudgetMs: number;
  readonly clock: Clock;
  readonly port: FilePort;
}

const defaultMode = 0o600;
const defaultRetryBudgetMs = 2_000;

export function resolveSettings(options: AtomicWriterOptions): WriterSettings {
  const port = options.fs ?? nodeFilePort;
  const durability = options.durability ?? 'full';
  const preserve = options.preserve ?? (options.mode === undefined ? 'mode' : 'none');
  return {
    flushesFile: durability !== 'none',
    flushesDirectory: durability === 'full' && port.canFlushDirectories,
    mode: (options.mode ?? defaultMode) & 0o777,
    keepsMode: preserve !== 'none',
    keepsOwner: preserve === 'mode+owner',
    verifiesHash: options.verify === 'hash',
    library: options.engine === 'portable' ? loadPortableEngine() : undefined,
    symlink: options.symlink ?? 'refuse',
    retryBudgetMs: options.retryBudgetMs ?? defaultRetryBudgetMs,
    clock: options.clock ?? systemClock,
    port,
  };
}

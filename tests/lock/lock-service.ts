import type { ChildBackend } from './child-backend.ts';

/** What processes lock on: a server, or nothing but the file system. */
export interface LockService extends AsyncDisposable {
  /** For a child; a backend without leases takes no notice of the length. */
  backend(leaseMs?: number): ChildBackend;
  /** Before each test: nothing is remembered of those before. */
  forget(): Promise<void>;
  /** What is there of a lock that nobody has: of this service, or in a lock directory. */
  traces(directory: string): Promise<readonly string[]>;
}

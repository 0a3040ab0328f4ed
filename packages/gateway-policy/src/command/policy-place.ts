/** Where a policy command works: what it is told, and the places in the state directory that follow from it. */
import { join, resolve } from 'node:path';
import type { LockObserver } from '@holdfast/base';
import { type LockBackendName, prepareDirectory } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import type { RemovalGuardOptions } from '../removal-guard.ts';

export interface PolicyContextOptions {
  readonly stateDir: string;
  readonly database: string | undefined;
  readonly gateway: string | undefined;
  readonly dataplane: 'kernel' | 'recorded';
  readonly netns: string | undefined;
  readonly device: string | undefined;
  /** Default 'auto'. */
  readonly lockBackend?: LockBackendName;
  /** Limits of the removal guard. Default: its own. */
  readonly removals?: RemovalLimits;
  readonly observer: LockObserver;
}

export type RemovalLimits = Pick<RemovalGuardOptions, 'maxRatio' | 'minCount'>;

export interface PolicyPlace {
  /** Absolute. */
  readonly stateDir: string;
  readonly databaseUrl: string;
  /** Where hooks put their events. */
  readonly spoolDirectory: string;
}

/** @throws HoldfastError STATE_DIRECTORY - it cannot be used */
export function policyPlace(options: PolicyContextOptions): PolicyPlace {
  const stateDir = resolve(options.stateDir);
  prepareDirectory(join(stateDir, 'runs'));
  return {
    stateDir,
    databaseUrl: options.database ?? `sqlite:${join(stateDir, 'truth.sqlite')}`,
    spoolDirectory: spoolDirectoryOf(stateDir),
  };
}

/** Where hooks put their events for the runs of a state directory. */
export function spoolDirectoryOf(stateDir: string): string {
  return join(resolve(stateDir), 'spool');
}

/** Where the locks of the runs of a state directory are. */
export function lockDirectoryOf(stateDir: string): string {
  return join(resolve(stateDir), 'locks');
}

export function policyRunner(
  { lockBackend, observer }: PolicyContextOptions,
  place: PolicyPlace,
): LockRunner {
  return new LockRunner({
    directory: lockDirectoryOf(place.stateDir),
    backend: lockBackend ?? 'auto',
    observer,
  });
}

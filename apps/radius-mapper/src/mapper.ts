/** What the routes and the background work of one mapper share. */
import type { Clock, Log } from '@holdfast/base';
import type { Truth } from '@holdfast/truth-db';
import type { Gateways } from './gateways.ts';
import type { MapperMetrics } from './mapper-metrics.ts';
import type { MapperSettings } from './mapper-settings.ts';

export interface Mapper {
  /**
   * Ask for it anew with each piece of work: it may be another one by then.
   *
   * @throws HoldfastError DATABASE_UNREACHABLE - its file is gone or was replaced
   */
  readonly truth: Truth;
  readonly gateways: Gateways;
  readonly settings: MapperSettings;
  readonly log: Log;
  readonly metrics: MapperMetrics;
  readonly clock: Clock;
  /** Absolute; made when the mapper starts. */
  readonly stateDirectory: string;
}

/** The work that goes on beside the answers: the spool and the janitor. */
export interface Background {
  /** Resolves when it has ended after the signal. */
  readonly closed: Promise<void>;
  /** What keeps it from getting on, in the words of a log, for /readyz; none when all is well. */
  readonly reasons?: () => readonly string[];
}

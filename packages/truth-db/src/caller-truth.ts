/**
 * A SQLite truth as a caller needs it who may have nothing to do: which gateways there are, a trigger to record, whether
 * that has been covered. It does what `readGatewayNames`, `recordTrigger` and `readCovered` do, by the same askings; what it
 * leaves out is the query builder, whose loading takes a command longer than all of these together.
 *
 * Each call is a transaction of its own, made again from its start while the database is busy.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type Clock, type Log, silentLog, systemClock } from '@holdfast/base';
import { migrationNames } from '@holdfast/migrations/names';
import type { AskedRow, Asking } from './asking.ts';
import { type BusyBudget, retryWhileBusy } from './busy-retry.ts';
import { sqliteWords } from './engine-words.ts';
import { coverOf, namingGateways } from './gateway-askings.ts';
import { refuseOther, schemaStanding } from './schema-standing.ts';
import { sqliteError } from './sqlite-error.ts';
import { openSqliteFile, prepareDatabase } from './sqlite-file.ts';
import { sqliteParameters } from './sqlite-parameters.ts';
import { recordingOf, type Trigger } from './trigger-askings.ts';
import { sqlitePath } from './truth-url.ts';

export interface CallerTruthOptions {
  /** How long a call goes on trying while another holds the database, in milliseconds; 5000. */
  readonly busyTimeoutMs?: number;
  readonly log?: Log;
  readonly clock?: Clock;
}

export class CallerTruth implements AsyncDisposable {
  readonly #database: DatabaseSync;
  readonly #budget: BusyBudget;

  private constructor(database: DatabaseSync, budget: BusyBudget) {
    this.#database = database;
    this.#budget = budget;
  }

  /**
   * Opens the truth that `url` names. It has to be there, with exactly the schema of this program.
   *
   * @param url - `sqlite:PATH`; see `isServerUrl` for the others
   * @throws HoldfastError as `openTruth` without leave to create, and as `assertSchema`
   */
  static async open(url: string, options: CallerTruthOptions = {}): Promise<CallerTruth> {
    const { busyTimeoutMs = 5_000, log = silentLog, clock = systemClock } = options;
    const database = openSqliteFile(sqlitePath(url), busyTimeoutMs, false);
    const truth = new CallerTruth(database, { busyTimeoutMs, log, clock });
    try {
      await truth.#retry(() => prepareDatabase(database));
      refuseOther(schemaStanding(await truth.#ask('deferred', namingMigrations), migrationNames));
      return truth;
    } catch (error) {
      await truth.close();
      throw error;
    }
  }

  /** The names of all gateways, sorted. */
  gatewayNames(): Promise<readonly string[]> {
    return this.#ask('deferred', namingGateways);
  }

  /**
   * Records a trigger that belongs to no other change.
   *
   * @returns its id
   * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
   * @throws HoldfastError DATABASE_BUSY - another transaction held the database for the whole busy timeout
   */
  recordTrigger(trigger: Trigger): Promise<number> {
    return this.#ask('immediate', () => recordingOf(trigger, sqliteWords));
  }

  /**
   * The trigger id up to which a gateway is known to be live.
   *
   * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
   */
  readCovered(gateway: string): Promise<number> {
    return this.#ask('deferred', () => coverOf(gateway));
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @param begin - `immediate` for what writes: one that begins deferred and then writes fails where another came between */
  #ask<Result>(begin: 'deferred' | 'immediate', asking: () => Asking<Result>): Promise<Result> {
    return this.#retry(() => {
      this.#database.exec(`begin ${begin}`);
      try {
        const result = this.#drive(asking());
        this.#database.exec('commit');
        return result;
      } finally {
        // A full disk and some other failures make SQLite roll back by itself.
        if (this.#database.isTransaction) this.#database.exec('rollback');
      }
    });
  }

  #drive<Result>(asking: Asking<Result>): Result {
    let step = asking.next();
    while (step.done !== true) {
      const { text, parameters } = step.value;
      const rows = this.#database.prepare(text).all(...sqliteParameters(parameters));
      step = asking.next(rows as readonly AskedRow[]);
    }
    return step.value;
  }

  #retry<Result>(act: () => Result): Promise<Result> {
    return retryWhileBusy(this.#budget, async () => {
      try {
        return act();
      } catch (error) {
        throw sqliteError(error);
      }
    });
  }
}

function* namingMigrations(): Asking<readonly string[]> {
  const found = yield {
    text: "select 1 from sqlite_schema where type = 'table' and name = 'schema_migrations'",
    parameters: [],
  };
  if (found.length === 0) return [];
  const rows = yield { text: 'select name from schema_migrations order by name', parameters: [] };
  return rows.map(({ name }) => String(name));
}

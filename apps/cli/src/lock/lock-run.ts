/** `holdfast lock run SCOPE -- PROGRAM ARGUMENT…` */
import { basename, join } from 'node:path';
import { type Held, HoldfastError, type LockObserver, systemClock } from '@holdfast/base';
import {
  asHoldfastError,
  type CommandLine,
  createWaitFeedback,
  errorDocument,
  explain,
  printable,
  warn,
} from '@holdfast/host/cli';
import {
  asLockTimeout,
  environment,
  isSwitchedOn,
  type LoadedSettings,
  loadSettings,
  longWaitWarning,
  namingLimit,
} from '@holdfast/host/config';
import { lockFileName } from '@holdfast/lock-runner';
import type { OperatorContext } from '../commands.ts';
import { type ProgramEnd, runGuarded } from './guarded-program.ts';
import { heldInside, heldVariable, refuseHeldAround } from './held-around.ts';
import { lockRunSettings } from './lock-command.ts';
import { lockDirectoryOf, openRunner } from './open-runner.ts';
import { noRun, openReport, type ReportSink, type RunReport } from './run-report.ts';

type Settings = LoadedSettings<typeof lockRunSettings>;

/** @returns the exit status: that of the program if it ran */
export async function lockRun(line: CommandLine, context: OperatorContext): Promise<number> {
  const run = new GuardedRun(line, context);
  let isJson = isSwitchedOn(lockRunSettings.json, line.flags);
  try {
    const settings = loadSettings(lockRunSettings, line.flags);
    isJson = settings.json.value;
    using sink = openReport(settings.report.value, isJson);
    return await reportedRun(run, settings, sink);
  } catch (error) {
    using sink = openReport(undefined, isJson);
    return run.fail(error, sink, isJson);
  }
}

async function reportedRun(run: GuardedRun, settings: Settings, sink: ReportSink): Promise<number> {
  try {
    return await run.execute(settings, sink);
  } catch (error) {
    return run.fail(namingLimit(error, asLockTimeout(settings.lockTimeout)), sink, settings.json.value);
  }
}

/** One run, and what is known of it at any moment for its report. */
class GuardedRun {
  readonly #words: readonly string[];
  readonly #context: OperatorContext;
  #report: RunReport;
  #grantedMs: number | undefined;

  constructor({ operands: [scope = ''], program }: CommandLine, context: OperatorContext) {
    this.#words = program;
    this.#context = context;
    this.#report = { ...noRun, scope, program: program[0] ?? '' };
  }

  async execute(settings: Settings, sink: ReportSink): Promise<number> {
    const { lockTimeout, shared, priority, fence } = settings;
    refuseContradiction(settings);
    const warning = longWaitWarning(asLockTimeout(lockTimeout));
    if (warning !== undefined) warn(warning);
    const runner = openRunner(settings, this.#hearing(feedbackOf(settings)));
    const mode = shared.value ? 'shared' : 'exclusive';
    refuseHeldAround(environment(), this.#report.scope, { path: this.#pathOf(settings), mode });
    using hangUp = hangUpSignal(this.#context);
    const options = {
      waitMs: lockTimeout.value,
      mode,
      priority: priority.value,
      purpose: purposeOf(settings, this.#report.program),
      signal: AbortSignal.any([this.#context.signal, hangUp.signal]),
    } as const;
    const { status, signal } = await runner.run(this.#report.scope, options, async (held) => {
      this.#grantedMs = systemClock.monotonicMs();
      this.#report = { ...this.#report, backend: held.backend, waitedMs: Math.round(held.waitedMs) };
      if (fence.value) this.#report = { ...this.#report, fence: await held.fence() };
      return await this.#runUnder(held, settings);
    });
    this.#end({ outcome: 'ran', status, signal }, sink);
    return status;
  }

  fail(thrown: unknown, sink: ReportSink, isJson: boolean): number {
    const error = asHoldfastError(thrown);
    const { waitedMs } = error.details;
    if (typeof waitedMs === 'number') this.#report = { ...this.#report, waitedMs: Math.round(waitedMs) };
    this.#end({ outcome: outcomeOf(error), status: error.exit, error: errorDocument(error) }, sink);
    return isJson ? error.exit : explain(error);
  }

  /** A cancelled wait is told with its length only here. */
  #hearing(observer: LockObserver): LockObserver {
    return {
      ...observer,
      gaveUp: (event) => {
        this.#report = { ...this.#report, waitedMs: Math.round(event.waitedMs) };
        observer.gaveUp?.(event);
      },
    };
  }

  #pathOf(settings: Settings): string {
    return join(lockDirectoryOf(settings), lockFileName(this.#report.scope));
  }

  async #runUnder(held: Held, settings: Settings): Promise<ProgramEnd> {
    this.#context.signal.throwIfAborted();
    const { fence } = this.#report;
    const outer = environment();
    const { HOLDFAST_FENCE: _ofAnOuterRun, ...env } = outer;
    const descriptor = settings.close.value ? undefined : held.descriptor;
    if (!settings.close.value && descriptor === undefined)
      warn(`the ${held.backend} backend hands no lock to a program: killed, we leave it running without one`);
    const end = await runGuarded(this.#words, {
      env: {
        ...env,
        HOLDFAST_SCOPE: held.scope,
        [heldVariable]: heldInside(outer, { path: this.#pathOf(settings), mode: held.mode }),
        ...(fence === null ? {} : { HOLDFAST_FENCE: String(fence) }),
      },
      descriptor,
      lost: held.signal,
      context: this.#context,
    });
    held.signal.throwIfAborted();
    // Removing the file of a lock tells nobody; and a program that failed has more to say than we.
    if (end.status === 0 && held.mode === 'exclusive') held.publish(() => undefined);
    return end;
  }

  #end(facts: Partial<RunReport>, sink: ReportSink): void {
    const heldMs = this.#grantedMs === undefined ? 0 : systemClock.monotonicMs() - this.#grantedMs;
    sink.write({ ...this.#report, heldMs: Math.round(heldMs), ...facts });
  }
}

function refuseContradiction({ shared, fence }: Settings): void {
  if (!shared.value || !fence.value) return;
  throw new HoldfastError('USAGE', '--fence goes with an exclusive lock, not with --shared');
}

/** Aborts when the terminal or the connection goes away, unless whoever started us wants that ignored. */
function hangUpSignal({ start }: OperatorContext): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const hangUp = () => controller.abort(new HoldfastError('TERMINATED', 'hung up (SIGHUP)'));
  if (!start.isIgnored('SIGHUP')) process.on('SIGHUP', hangUp);
  return { signal: controller.signal, [Symbol.dispose]: () => process.off('SIGHUP', hangUp) };
}

/** Arguments may hold secrets, and everybody on the host may ask who holds a lock. */
function purposeOf({ purpose }: Settings, program: string): string {
  return printable(purpose.value ?? basename(program)).slice(0, 200);
}

function feedbackOf({ progress, lockTimeout }: Settings) {
  return createWaitFeedback({
    progress: progress.value,
    stream: process.stderr,
    limitName: lockTimeout.name,
    now: () => systemClock.monotonicMs(),
  });
}

function outcomeOf({ code }: HoldfastError): RunReport['outcome'] {
  if (code === 'LOCK_BUSY') return 'busy';
  if (code === 'LOCK_LOST') return 'lost';
  return code === 'CANCELLED' || code === 'TERMINATED' ? 'cancelled' : 'failed';
}

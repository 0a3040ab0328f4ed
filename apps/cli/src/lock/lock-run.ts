/** `holdfast lock run SCOPE -- PROGRAM ARGUMENT…` */
import { basename } from 'node:path';
import { type Held, HoldfastError, systemClock } from '@holdfast/base';
import {
  asHoldfastError,
  type CommandLine,
  createWaitFeedback,
  explain,
  type MainContext,
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
import { errorDocument } from './answer.ts';
import { type ProgramEnd, runGuarded } from './guarded-program.ts';
import { lockRunSettings } from './lock-command.ts';
import { openRunner } from './open-runner.ts';
import { openReport, type ReportSink, type RunReport } from './run-report.ts';

type Settings = LoadedSettings<typeof lockRunSettings>;

/** @returns the exit status: that of the program if it ran */
export async function lockRun(line: CommandLine, context: MainContext): Promise<number> {
  const run = new GuardedRun(line, context);
  let settings: Settings;
  try {
    settings = loadSettings(lockRunSettings, line.flags);
  } catch (error) {
    using sink = openReport(undefined, isSwitchedOn(lockRunSettings.json, line.flags));
    return run.fail(error, sink, isSwitchedOn(lockRunSettings.json, line.flags));
  }
  const isJson = settings.json.value;
  using sink = openReport(settings.report.value, isJson);
  try {
    return await run.execute(settings, sink);
  } catch (error) {
    return run.fail(namingLimit(error, asLockTimeout(settings.lockTimeout)), sink, isJson);
  }
}

/** One run, and what is known of it at any moment for its report. */
class GuardedRun {
  readonly #words: readonly string[];
  readonly #context: MainContext;
  #report: RunReport;
  #grantedMs: number | undefined;

  constructor({ operands: [scope = ''], program }: CommandLine, context: MainContext) {
    this.#words = program;
    this.#context = context;
    this.#report = {
      outcome: 'failed',
      scope,
      program: program[0] ?? '',
      status: 0,
      signal: null,
      backend: null,
      fence: null,
      waitedMs: 0,
      heldMs: 0,
    };
  }

  async execute(settings: Settings, sink: ReportSink): Promise<number> {
    const { lockTimeout, shared, priority, fence } = settings;
    refuseContradiction(settings);
    const warning = longWaitWarning(asLockTimeout(lockTimeout));
    if (warning !== undefined) warn(warning);
    const runner = openRunner(settings, feedbackOf(settings));
    const options = {
      waitMs: lockTimeout.value,
      mode: shared.value ? 'shared' : 'exclusive',
      priority: priority.value,
      purpose: purposeOf(settings, this.#report.program),
      signal: this.#context.signal,
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

  async #runUnder(held: Held, settings: Settings): Promise<ProgramEnd> {
    this.#context.signal.throwIfAborted();
    const { fence } = this.#report;
    const { HOLDFAST_FENCE: _ofAnOuterRun, ...env } = environment();
    const end = await runGuarded(this.#words, {
      env: {
        ...env,
        HOLDFAST_SCOPE: held.scope,
        ...(fence === null ? {} : { HOLDFAST_FENCE: String(fence) }),
      },
      descriptor: settings.close.value ? undefined : held.descriptor,
      lost: held.signal,
      takeSignals: this.#context.takeSignals,
    });
    held.signal.throwIfAborted();
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

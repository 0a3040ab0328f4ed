/** `holdfast lock verify DIR` */
import { HoldfastError, type LockGuarantee } from '@holdfast/base';
import {
  answer,
  type CommandLine,
  feedbackMode,
  lengthOf,
  type MainContext,
  StatusLine,
} from '@holdfast/host/cli';
import { environment, type Progress, type Resolved } from '@holdfast/host/config';
import { lockVerifySettings } from '../lock-command.ts';
import { type VerifyReport, verifyDirectory } from './verify-directory.ts';

const plainIntervalMs = 5_000;

export async function lockVerify(line: CommandLine, { signal }: MainContext): Promise<number> {
  const [directory = ''] = line.operands;
  return await answer(lockVerifySettings, line, async (settings) => {
    using progress = showProgress(settings.progress.value);
    const report = await verifyDirectory({
      directory,
      backend: settings.lockBackend.value,
      processes: settings.processes.value,
      rounds: settings.rounds.value,
      seconds: settings.seconds.value,
      signal,
      onProgress: progress.show,
    });
    const document = documentOf(report, reasonOf(report, settings.lockBackend));
    const exclusion = { document, lines: linesOf(document) };
    return report.isTrusted ? exclusion : { ...exclusion, failure: notExclusive(document) };
  });
}

type VerifyDocument = ReturnType<typeof documentOf>;

function documentOf({ sweep, workers, tookMs, ...report }: VerifyReport, reason: string) {
  const holds = workers.map((worker) => worker.holds);
  return {
    outcome: report.isTrusted ? ('trusted' as const) : ('not-exclusive' as const),
    directory: report.directory,
    fileSystem: report.mount,
    backend: report.backend,
    reason,
    guarantee: report.guarantee,
    processes: workers.length,
    holds: sweep.holds,
    overlaps: sweep.overlaps,
    examples: sweep.examples,
    unreadable: sweep.unreadable,
    lostUpdates: report.lostUpdates,
    tookMs,
    holdsPerSecond: Math.round(sweep.holds / (Math.max(1, tookMs) / 1_000)),
    leastOfAProcess: Math.min(...holds),
    mostOfAProcess: Math.max(...holds),
    longestWaitMs: Math.max(...workers.map(({ longestWaitMs }) => longestWaitMs)),
  };
}

function reasonOf({ fallback, mount }: VerifyReport, { source, name, value }: Resolved<string>): string {
  if (value !== 'auto') return `${source === 'default' ? 'the default' : 'asked for'} by ${name}`;
  return fallback ?? `${mount?.type ?? 'the file system'} is local`;
}

function linesOf(found: VerifyDocument): readonly string[] {
  const { fileSystem, processes, holds } = found;
  const mounted =
    fileSystem === null
      ? 'an unknown file system'
      : `${fileSystem.type} (${fileSystem.source} at ${fileSystem.mountPoint})`;
  const least = `${found.leastOfAProcess} to ${found.mostOfAProcess} per process`;
  return [
    `${found.directory} is on ${mounted}`,
    `backend ${found.backend}: ${found.reason}`,
    `${processes} processes, ${holds} holds in ${lengthOf(found.tookMs)}: ${found.holdsPerSecond} a second, ${least}, longest wait ${lengthOf(found.longestWaitMs)}`,
    ...verdict(found),
  ];
}

function verdict({ outcome, overlaps, lostUpdates, unreadable, examples, guarantee }: VerifyDocument) {
  if (outcome === 'trusted')
    return [`no two holds overlapped, no update was lost: locks here exclude ${reachOf(guarantee)}`];
  return [
    `${overlaps} holds began while another one lasted, ${lostUpdates} updates were lost, ${unreadable} records are broken`,
    ...examples.map((example) => `  ${example}`),
  ];
}

function reachOf({ scope }: LockGuarantee): string {
  return scope === 'network'
    ? 'the processes of this host; other hosts were not tested'
    : `the processes of this ${scope}`;
}

function notExclusive({ directory, backend, overlaps, lostUpdates }: VerifyDocument): HoldfastError {
  return new HoldfastError(
    'LOCK_NOT_EXCLUSIVE',
    `locks of the ${backend} backend in ${directory} do not exclude`,
    {
      details: { directory, backend, overlaps, lostUpdates },
    },
  );
}

function showProgress(
  progress: Progress,
): Disposable & { readonly show: (holds: number, elapsedMs: number) => void } {
  const mode = feedbackMode(progress, process.stderr, environment());
  const line = new StatusLine(process.stderr);
  let toldMs = 0;
  return {
    show: (holds, elapsedMs) => {
      const text = `${Math.floor(holds)} holds in ${lengthOf(elapsedMs)}`;
      if (mode === 'live') line.show(`verifying: ${text}; Ctrl-C ends it`, text);
      if (mode !== 'plain' || elapsedMs - toldMs < plainIntervalMs) return;
      toldMs = elapsedMs;
      line.append(`verifying: ${text}`);
    },
    [Symbol.dispose]: line.clear,
  };
}

/**
 * The RADIUS part of a gateway's state (RFC 5176): NASes are told which of their sessions have to end and what the others
 * may do, and what they acknowledge is stored, so that the next run tells nobody anything twice. All NASes are asked at
 * once; one that does not answer costs nothing but its own wait, which ends with the budget.
 *
 * What was acknowledged and could not be stored any more is told again by the next run: a NAS takes that for the same
 * request. Nothing else is ever sent twice.
 */
import { type Clock, type Held, HoldfastError, requireHeld, systemClock } from '@holdfast/base';
import {
  type NasSettlement,
  type NasSilence,
  type NasSnapshot,
  settleNasAnswers,
  storeNasSilences,
} from '@holdfast/truth-db';
import { policyScope } from '../command/policy-trigger.ts';
import { silenceRetryMs } from './ask-again.ts';
import { askUntil } from './ask-until.ts';
import { type ConversationEnd, converse } from './converse.ts';
import { type NasAction, type NasActions, nasActions } from './nas-actions.ts';
import { type NasQuestion, readNases } from './nas-due.ts';
import { type NasLedger, openNasLedger } from './nas-ledger.ts';
import { outcomeOf, settlementOf } from './nas-outcome.ts';
import { type NasOutcome, type NasReport, nasReportOf } from './nas-report.ts';

export interface NotifyNasOptions extends NasQuestion {
  /** Of `policy:GATEWAY`: asked for before anything is sent, and before anything is stored. */
  readonly held: Held;
  /** Stops it: what was not answered by then is asked by the next run. */
  readonly signal: AbortSignal;
  /** All of it takes no longer, apart from storing the answers; 5 s. */
  readonly budgetMs?: number;
  /** How long somebody who waits for the lock is kept waiting for silent NASes; 1 s. */
  readonly yieldAfterMs?: number;
  readonly clock?: Clock;
}

/**
 * Asks what is due and stores what was answered. Resolves whatever the NASes do.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 * @throws HoldfastError LOCK_LOST, LOCK_RELEASED or LOCK_WRONG_SCOPE - the hold is none of this gateway any more; what was
 *   answered since was not stored
 * @throws HoldfastError as `Truth.transaction`
 */
export async function notifyNas(options: NotifyNasOptions): Promise<NasReport> {
  const { clock = systemClock } = options;
  requireCurrent(options);
  const since = clock.monotonicMs();
  const snapshot = await readNases(options);
  const actions = nasActions(snapshot, options.at);
  const asked = await askAll(options, snapshot, actions);
  return nasReportOf({ ...actions, ...asked, tookMs: clock.monotonicMs() - since });
}

interface Asked {
  readonly answered: readonly { readonly action: NasAction; readonly outcome: NasOutcome }[];
  readonly packets: number;
}

async function askAll(
  options: NotifyNasOptions,
  snapshot: NasSnapshot,
  { due, superseded }: NasActions,
): Promise<Asked> {
  if (due.length + superseded.length === 0) return { answered: [], packets: 0 };
  const { held, signal, budgetMs = 5_000, yieldAfterMs = 1_000, clock = systemClock } = options;
  using stop = askUntil({ held, signal, budgetMs, yieldAfterMs, clock });
  const ledger = openNasLedger((settlements) => settle(options, settlements), stop.now);
  for (const session of superseded) ledger.add({ kind: 'told', session, as: 'superseded' });
  const byNas = [...Map.groupBy(due, ({ session }) => session.nasIp)];
  const talks = await Promise.all(
    byNas.map(([nasIp, actions]) => askOne({ options, snapshot, nasIp, actions, stop: stop.signal, ledger })),
  );
  await ledger.close();
  await storeSilences(options, snapshot, talks);
  return {
    answered: talks.flatMap(({ answered }) => answered),
    packets: talks.reduce((sum, { packets }) => sum + packets, 0),
  };
}

interface AskOne {
  readonly options: NotifyNasOptions;
  readonly snapshot: NasSnapshot;
  readonly nasIp: string;
  readonly actions: readonly NasAction[];
  readonly stop: AbortSignal;
  readonly ledger: NasLedger;
}

type Talk = Asked & Pick<ConversationEnd, 'verdict'> & { readonly nasIp: string };

async function askOne({ options, snapshot, nasIp, actions, stop, ledger }: AskOne): Promise<Talk> {
  const { clock = systemClock, at } = options;
  const { port, profile, secret } = snapshot.gateway;
  const answered: { readonly action: NasAction; readonly outcome: NasOutcome }[] = [];
  // Whether these are to be put off shows when the NAS has answered others, or nobody.
  const unanswered: { readonly action: NasAction; readonly outcome: NasOutcome }[] = [];
  if (secret === null) throw new HoldfastError('INTERNAL', 'a NAS was to be asked without a secret');
  const { verdict, packets } = await converse({
    endpoint: { nasIp, port },
    secret,
    actions,
    clock,
    stop,
    onAnswer: (action, answer) => {
      const outcome = outcomeOf(action, answer, profile);
      answered.push({ action, outcome });
      const isUnanswered = outcome.kind === 'silent' || outcome.kind === 'refused';
      if (isUnanswered) unanswered.push({ action, outcome });
      else addTo(ledger, action, outcome, at);
    },
  });
  if (verdict === 'heard') for (const { action, outcome } of unanswered) addTo(ledger, action, outcome, at);
  return { nasIp, answered, verdict, packets };
}

function addTo(ledger: NasLedger, action: NasAction, outcome: NasOutcome, at: number): void {
  const settlement = settlementOf(action, outcome, at);
  if (settlement !== undefined) ledger.add(settlement);
}

async function settle(options: NotifyNasOptions, settlements: readonly NasSettlement[]): Promise<void> {
  const { truth, gateway, at } = options;
  requireCurrent(options);
  await truth.transaction((trx) => settleNasAnswers(trx, { gateway, at, settlements }));
}

async function storeSilences(
  options: NotifyNasOptions,
  { silences }: NasSnapshot,
  talks: readonly Talk[],
): Promise<void> {
  const { truth, gateway, at } = options;
  const before = new Map(silences.map(({ nasIp, runs }) => [nasIp, runs]));
  const silent: NasSilence[] = talks
    .filter(({ verdict }) => verdict === 'silent')
    .map(({ nasIp }) => {
      const runs = (before.get(nasIp) ?? 0) + 1;
      return { nasIp, runs, retryAt: at + silenceRetryMs(runs) };
    });
  const heard = talks
    .filter(({ verdict, nasIp }) => verdict === 'heard' && before.has(nasIp))
    .map(({ nasIp }) => nasIp);
  if (silent.length + heard.length === 0) return;
  requireCurrent(options);
  await truth.transaction((trx) => storeNasSilences(trx, { gateway, silent, heard }));
}

/** Refuses a hold of another scope, one that was given back, and one whose lock file was replaced. */
function requireCurrent({ held, gateway }: NotifyNasOptions): void {
  requireHeld(held, policyScope(gateway));
  held.publish(() => undefined);
}

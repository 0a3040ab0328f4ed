/**
 * Every metric that a Holdfast process exposes: name → kind, unit, labels and help. The one place where a name is born;
 * `docs/reference.md` is generated from it. Prometheus' rules for names: base units, a counter ends in `_total`.
 */

export interface MetricEntry {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  /** Labels whose values are few and fixed. */
  readonly labels: readonly string[];
  /** One sentence. */
  readonly help: string;
  /** Upper bounds of a histogram, in the unit. */
  readonly buckets?: readonly number[];
}

const none: readonly [] = [];
/** From a run that finds nothing to a cold start of 50 000 sessions. */
const runSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** Around the 0.3 s within which a trigger has to be live. */
const reactionSeconds = [0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60];
/** From an answer out of memory to the time after which FreeRADIUS no longer waits. */
const answerSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 5];

export const metricTable = {
  holdfast_policy_runs_total: {
    kind: 'counter',
    unit: 'runs',
    labels: ['outcome'],
    help: 'Runs by outcome, as in the report: applied, unchanged, locked, refused, failed.',
  },
  holdfast_policy_run_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: none,
    buckets: runSeconds,
    help: 'How long a run took from its trigger to its report, the wait for the lock included.',
  },
  holdfast_policy_lock_wait_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: none,
    buckets: runSeconds,
    help: 'How long a run waited for the lock of the gateway.',
  },
  holdfast_policy_reaction_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: none,
    buckets: reactionSeconds,
    help: 'From the moment a trigger was recorded until a run of this daemon had covered it.',
  },
  holdfast_policy_changes_total: {
    kind: 'counter',
    unit: 'changes',
    labels: ['layer'],
    help: 'Changes that runs made, by layer: nft, tc, radius.',
  },
  holdfast_policy_drift_objects_total: {
    kind: 'counter',
    unit: 'objects',
    labels: none,
    help: 'Objects that differed from truth although no trigger had asked for a change.',
  },
  holdfast_policy_drift_repaired_total: {
    kind: 'counter',
    unit: 'objects',
    labels: none,
    help: 'Those of them that were made right and verified.',
  },
  holdfast_policy_rolled_forward_total: {
    kind: 'counter',
    unit: 'runs',
    labels: none,
    help: 'Runs that completed one that had died half-way.',
  },
  holdfast_policy_newest_trigger: {
    kind: 'gauge',
    unit: 'trigger id',
    labels: none,
    help: 'Newest trigger of the gateway in truth, as of the last look.',
  },
  holdfast_policy_covered_trigger: {
    kind: 'gauge',
    unit: 'trigger id',
    labels: none,
    help: 'Trigger up to which the gateway is live; less than the newest while a run is due.',
  },
  holdfast_policy_shaped_objects: {
    kind: 'gauge',
    unit: 'objects',
    labels: none,
    help: 'Classes or devices that truth wants to be shaped, both directions together, as of the last run that read all of it.',
  },
  holdfast_policy_slots_used: {
    kind: 'gauge',
    unit: 'slots',
    labels: none,
    help: 'Places for sessions that are taken on the shared device of the gateway; absent where each session has its own.',
  },
  holdfast_policy_slots_free: {
    kind: 'gauge',
    unit: 'slots',
    labels: none,
    help: 'Those that are free, in all shards together.',
  },
  holdfast_policy_fullest_shard_free_slots: {
    kind: 'gauge',
    unit: 'slots',
    labels: none,
    help: 'Those that are free in the fullest shard: at 0 the next session of its addresses is refused.',
  },
  holdfast_policy_build_forecast_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: none,
    help: 'How long a run would take to build everything anew, as after a boot; within a factor of two.',
  },
  holdfast_policy_last_success_timestamp_seconds: {
    kind: 'gauge',
    unit: 'seconds since 1970',
    labels: none,
    help: 'When a run of this daemon last ended well; 0 before the first.',
  },
  holdfast_policy_ready: {
    kind: 'gauge',
    unit: '0 or 1',
    labels: none,
    help: 'What /readyz answers: 1 for 200, 0 for 503.',
  },
  holdfast_spool_events_total: {
    kind: 'counter',
    unit: 'events',
    labels: ['result'],
    help: 'Events of the spool: applied, ignored (known or late), unknown (no connection), refused (no event), failed (kept).',
  },
  holdfast_radius_accepts_total: {
    kind: 'counter',
    unit: 'logins',
    labels: ['session'],
    help: 'Logins that got the session, by what it was: granted (free), same-session (its device again), taken-over (stale).',
  },
  holdfast_radius_rejects_total: {
    kind: 'counter',
    unit: 'logins',
    labels: ['reason'],
    help: 'Logins that were refused, by reason.',
  },
  holdfast_radius_accounting_total: {
    kind: 'counter',
    unit: 'requests',
    labels: ['kind', 'outcome'],
    help: 'Accounting requests by kind (start, interim, stop, nas-on, nas-off, other) and outcome (applied, ignored, spooled, failed).',
  },
  holdfast_radius_conflicts_total: {
    kind: 'counter',
    unit: 'sessions',
    labels: ['because'],
    help: 'Sessions that a NAS reported and truth will not have: conflict (another has the lock), not-allowed. They are disconnected.',
  },
  holdfast_radius_spool_events: {
    kind: 'gauge',
    unit: 'events',
    labels: none,
    help: 'Accounting events that wait on disk until truth answers.',
  },
  holdfast_radius_spool_age_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: none,
    help: 'How long the oldest of them has waited; 0 when none does.',
  },
  holdfast_radius_spool_drained_total: {
    kind: 'counter',
    unit: 'events',
    labels: ['result'],
    help: 'Spooled events by what became of them: applied, ignored, refused (by truth), damaged (no event).',
  },
  holdfast_radius_expired_total: {
    kind: 'counter',
    unit: 'sessions',
    labels: none,
    help: 'Sessions that the janitor ended because their time was over.',
  },
  holdfast_radius_requests_total: {
    kind: 'counter',
    unit: 'requests',
    labels: ['route', 'status'],
    help: 'Requests of FreeRADIUS by route and HTTP status.',
  },
  holdfast_radius_request_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: ['route'],
    buckets: answerSeconds,
    help: 'How long a request took from its first line to its answer.',
  },
  holdfast_radius_batch_logins: {
    kind: 'histogram',
    unit: 'logins',
    labels: none,
    buckets: [1, 2, 4, 8, 16, 32, 64],
    help: 'How many logins shared a transaction.',
  },
  holdfast_radius_queue_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: none,
    buckets: answerSeconds,
    help: 'How long a login waited until the transaction before it had ended.',
  },
  holdfast_radius_ready: {
    kind: 'gauge',
    unit: '0 or 1',
    labels: none,
    help: 'What /readyz of the mapper answers: 1 for 200, 0 for 503.',
  },
  holdfast_panel_requests_total: {
    kind: 'counter',
    unit: 'requests',
    labels: ['route', 'status'],
    help: 'Requests of the panel by route (as in its API, site for pages, other for what has none) and HTTP status.',
  },
  holdfast_panel_request_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: ['route'],
    buckets: answerSeconds,
    help: 'How long a request took to its answer, to the beginning of it for a stream of events.',
  },
  holdfast_panel_conflicts_total: {
    kind: 'counter',
    unit: 'mutations',
    labels: ['problem'],
    help: 'Mutations that were refused because of what others have done: version_conflict, deleted_conflict, state_conflict.',
  },
  holdfast_panel_logins_total: {
    kind: 'counter',
    unit: 'logins',
    labels: ['outcome'],
    help: 'Attempts to log in, by outcome: granted, and why not.',
  },
  holdfast_panel_refreshes_total: {
    kind: 'counter',
    unit: 'refreshes',
    labels: ['outcome'],
    help: 'Refreshes of a login, by outcome: rotated, repeated, and why not; reused is a token that was stolen or lost.',
  },
  holdfast_panel_event_streams: {
    kind: 'gauge',
    unit: 'streams',
    labels: none,
    help: 'Clients that listen to events now.',
  },
  holdfast_panel_cache_reads_total: {
    kind: 'counter',
    unit: 'reads',
    labels: ['result'],
    help: 'Reads of cached lists, by result: hit, fill, joined (the fill of another), overtaken (filled and not kept).',
  },
  holdfast_panel_swept_total: {
    kind: 'counter',
    unit: 'rows',
    labels: ['store'],
    help: 'Rows that had expired and were deleted: receipts, families, captchas, buckets.',
  },
  holdfast_panel_sweep_failures_total: {
    kind: 'counter',
    unit: 'sweeps',
    labels: none,
    help: 'Sweeps that have failed; the next one does what is left.',
  },
  holdfast_panel_ready: {
    kind: 'gauge',
    unit: '0 or 1',
    labels: none,
    help: 'What /readyz of the panel answers: 1 for 200, 0 for 503.',
  },
  holdfast_stores_rounds_total: {
    kind: 'counter',
    unit: 'rounds',
    labels: ['outcome'],
    help: 'Rounds over the runtime stores by outcome: done, failed (at least one store could not be kept).',
  },
  holdfast_stores_round_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: none,
    buckets: runSeconds,
    help: 'How long a round over the runtime stores took.',
  },
  holdfast_stores_swept_total: {
    kind: 'counter',
    unit: 'entries',
    labels: ['store'],
    help: 'Entries that had expired and were removed: rate-limit, captcha, token.',
  },
  holdfast_stores_entries: {
    kind: 'gauge',
    unit: 'entries',
    labels: ['area'],
    help: 'Entries that were left by the last round, by area: rate-limit, captcha, token:PROFILE, salt:ip.',
  },
  holdfast_stores_damaged_documents: {
    kind: 'gauge',
    unit: 'documents',
    labels: ['store'],
    help: 'Documents that were not whole after the last round: the steward keeps or refuses them, a person has to look.',
  },
  holdfast_stores_verdicts_total: {
    kind: 'counter',
    unit: 'verdicts',
    labels: ['store', 'verdict'],
    help: 'What stewards decided on documents that gave reason to: keep, rotate, reset, refuse.',
  },
  holdfast_stores_last_round_timestamp_seconds: {
    kind: 'gauge',
    unit: 'seconds since 1970',
    labels: none,
    help: 'When a round over the runtime stores last ended well; 0 before the first.',
  },
  holdfast_stores_ready: {
    kind: 'gauge',
    unit: '0 or 1',
    labels: none,
    help: 'What /readyz of runtime-state serve answers: 1 for 200, 0 for 503.',
  },
  holdfast_database_up: {
    kind: 'gauge',
    unit: '0 or 1',
    labels: none,
    help: 'Whether the database answered the last look.',
  },
  holdfast_database_outages_total: {
    kind: 'counter',
    unit: 'outages',
    labels: none,
    help: 'How often the database stopped answering.',
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof metricTable;

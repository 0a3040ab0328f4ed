/** What log and metrics say of accounting: what somebody should look at, and what waits. No tokens, no secrets. */
import type { HoldfastError } from '@holdfast/base';
import type { Mapper } from '../mapper.ts';
import type { AccountingSpool } from '../spool/accounting-spool.ts';
import type { Drained } from '../spool/drain-spool.ts';
import type { AccountingEvent } from './accounting-event.ts';
import type { EventResult } from './apply-event.ts';

const disowned = ['conflict', 'not-allowed'];
const drainResults = ['applied', 'ignored', 'refused', 'damaged'] as const;

export class AccountingTeller {
  readonly #mapper: Mapper;
  /** An outage is told with its first event. */
  #isKeeping = false;

  constructor(mapper: Mapper) {
    this.#mapper = mapper;
    for (const because of disowned) mapper.metrics.add('holdfast_radius_conflicts_total', 0, { because });
    for (const result of drainResults)
      mapper.metrics.add('holdfast_radius_spool_drained_total', 0, { result });
  }

  applied(event: AccountingEvent, result: EventResult & { readonly released?: number }): void {
    const { metrics, log } = this.#mapper;
    const { because, isOdd, outcome, vpnConnectionId, released } = result;
    const fields = { ...fieldsOf(event), because, vpnConnectionId, released };
    if (outcome === 'applied' && disowned.includes(because))
      metrics.add('holdfast_radius_conflicts_total', 1, { because });
    if (result.lacksRoom === true) log.error(fields, 'session without its address, the shard is full');
    else if (isOdd) log.warn(fields, 'accounting of an odd session');
    else if (released !== undefined) log.info(fields, 'nas began anew');
    else if (because === 'unknown-kind') log.info(fields, 'accounting of an unknown kind');
    else log.debug(fields, 'accounting');
  }

  kept(event: AccountingEvent, cause: HoldfastError | undefined): void {
    const { log } = this.#mapper;
    const fields = { ...fieldsOf(event), ...(cause === undefined ? {} : { code: cause.code }) };
    if (this.#isKeeping) log.debug(fields, 'accounting spooled');
    else log.warn(fields, 'accounting cannot reach truth at once and is spooled');
    this.#isKeeping = true;
  }

  refused(event: AccountingEvent, err: HoldfastError): void {
    this.#mapper.log.error(
      { ...fieldsOf(event), code: err.code, err },
      'accounting refused, event kept aside',
    );
  }

  drained({ name, result, event, error }: Drained): void {
    const { metrics, log } = this.#mapper;
    metrics.add('holdfast_radius_spool_drained_total', 1, { result });
    if (error === undefined) return;
    const fields = { name, ...(event === undefined ? {} : fieldsOf(event)), code: error.code, err: error };
    log.error(
      fields,
      result === 'damaged' ? 'spooled event damaged, moved aside' : 'spooled event refused, moved aside',
    );
  }

  /** Of a drain that ended in another way than the one before it. */
  drainEnded(failure: HoldfastError | undefined): void {
    const { log } = this.#mapper;
    if (failure === undefined) log.info({}, 'accounting spool drained');
    else log.warn({ code: failure.code, problem: failure.message }, 'accounting spool waits');
  }

  depth({ depth, oldestMs }: AccountingSpool): void {
    const { metrics, clock } = this.#mapper;
    if (depth === 0) this.#isKeeping = false;
    const ageMs = depth === 0 || oldestMs === undefined ? 0 : Math.max(0, clock.wallMs() - oldestMs);
    metrics.set('holdfast_radius_spool_events', depth, {});
    metrics.set('holdfast_radius_spool_age_seconds', ageMs / 1_000, {});
  }
}

function fieldsOf({ kind, status, user, src, sid }: AccountingEvent) {
  return { kind, status, user, nas: src, sid };
}

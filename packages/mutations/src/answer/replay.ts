/**
 * The answer to a mutation that was committed before: what was told then, as far as this viewer may still see it. What was
 * too large to keep is answered with the resource as it is now, and says so.
 */
import type { ResourceKind, Stored } from '../kind/resource-kind.ts';
import { viewOf } from '../kind/view.ts';
import type { Receipt } from '../receipt/receipts.ts';
import { etagOf } from '../request/etag.ts';
import type { JsonObject } from '../request/json.ts';
import type { MutationOutcome } from './outcome.ts';

export interface Replaying<Value extends object, Viewer> {
  readonly kind: ResourceKind<Value, Viewer>;
  readonly viewer: Viewer;
  readonly receipt: Receipt;
  /** What is there now; undefined when it is gone. */
  readonly current: Stored<Value> | undefined;
}

export function replayOf<Value extends object, Viewer>({
  kind,
  viewer,
  receipt,
  current,
}: Replaying<Value, Viewer>): MutationOutcome {
  const { status, id, response } = receipt;
  const view = current === undefined ? undefined : viewOf(kind, current.value, viewer);
  if (response !== undefined) {
    const resource = { kind: kind.name, id, version: receipt.version };
    const value = view === undefined ? undefined : only(response, view);
    return { kind: 'replayed', from: 'stored', resource, etag: etagOf(resource), status, value };
  }
  const resource = { kind: kind.name, id, version: current?.version ?? receipt.version };
  return { kind: 'replayed', from: 'current', resource, etag: etagOf(resource), status, value: view };
}

/** The members of `response` that `view` has too: rights may have been taken away since. */
function only(response: JsonObject, view: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(response).filter(([name]) => Object.hasOwn(view, name)));
}

/**
 * The read that feeds a form: the row itself, through the projection of the viewer, with the version to send back. Never
 * cached, and there is no way to have it cached.
 */
import type { Truth } from '@holdfast/truth-db';
import type { ResourceKind } from './kind/resource-kind.ts';
import { viewOf } from './kind/view.ts';
import { etagOf } from './request/etag.ts';
import type { JsonObject } from './request/json.ts';

export interface ResourceView {
  readonly id: string;
  readonly version: number;
  readonly etag: string;
  readonly value: JsonObject;
}

/** @returns undefined when there is no such resource, or none that this viewer may see */
export async function readResource<Value extends object, Viewer>(
  db: Truth['db'],
  kind: ResourceKind<Value, Viewer>,
  id: string,
  viewer: Viewer,
): Promise<ResourceView | undefined> {
  const stored = await kind.read(db, id);
  if (stored === undefined) return undefined;
  const { version } = stored;
  const value = viewOf(kind, stored.value, viewer);
  if (value === undefined) return undefined;
  return { id, version, etag: etagOf({ kind: kind.name, id, version }), value };
}

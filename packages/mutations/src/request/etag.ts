/**
 * The version of a resource as an entity tag, `"task-17.v42"`: it names the resource too, so that the tag of one cannot be
 * sent for another. Proxies weaken tags and mark those of a compressed answer, which changes nothing of what they say of a
 * version. The version in the body of a request stays the one that counts, because a proxy cannot touch it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-if-match
 */
import { isVersion } from './version.ts';

export interface VersionedResource {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
}

export function etagOf({ kind, id, version }: VersionedResource): string {
  return `"${kind}-${encodeURIComponent(id)}.v${version}"`;
}

/**
 * The version that an `If-Match` of one tag asks for; undefined when it is none of ours, or of another resource. `*` and
 * lists of tags are none: they name no version that somebody has seen.
 */
export function versionOfEtag(
  header: string,
  { kind, id }: Omit<VersionedResource, 'version'>,
): number | undefined {
  const [, tag = ''] = /^\s*(?:W\/)?"([^"]*)"\s*$/.exec(header) ?? [];
  const prefix = `${kind}-${encodeURIComponent(id)}.v`;
  if (!tag.startsWith(prefix)) return undefined;
  const [, digits] = /^([1-9]\d{0,15})(?:-(?:gzip|br|zstd|deflate))?$/.exec(tag.slice(prefix.length)) ?? [];
  const version = Number(digits);
  return isVersion(version) ? version : undefined;
}

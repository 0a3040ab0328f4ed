/** What can be a version: never `undefined`, which would leave the guard out of a request. */
export function isSafeVersion(version: unknown): version is number {
  return Number.isSafeInteger(version) && typeof version === 'number' && version >= 0;
}

/** Truth, opened with the patience of somebody who waits in front of a page. */
import type { Clock, Log } from '@holdfast/base';
import { openTruth, type Truth } from '@holdfast/truth-db';

/** A database that is busy for longer is answered as such; the client comes again under the same id. */
const busyTimeoutMs = 3_000;
/** A server that keeps silent, because the way to it is cut, is given up after this. */
const patience = { 'connect-timeout': '3s', 'statement-timeout': '10s' } as const;

/** @throws HoldfastError - as `openTruth`; a file is never created */
export function openPanelTruth(url: string, options: { readonly log: Log; readonly clock: Clock }): Truth {
  return openTruth(patientUrl(url), { ...options, create: false, busyTimeoutMs });
}

/** What the operator has written stays. */
export function patientUrl(url: string): string {
  if (!/^(?:mysql|mariadb):/i.test(url)) return url;
  const [place = '', query = ''] = url.split('?', 2);
  const given = new Set(new URLSearchParams(query).keys());
  const added = Object.entries(patience).filter(([name]) => !given.has(name));
  const parts = [...(query === '' ? [] : [query]), ...added.map(([name, value]) => `${name}=${value}`)];
  return parts.length === 0 ? url : `${place}?${parts.join('&')}`;
}

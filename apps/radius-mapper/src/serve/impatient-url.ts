/**
 * A server's URL with the patience of a mapper. A server that keeps silent, because the way to it is cut, is given up after as
 * long as FreeRADIUS could make use of an answer, with a margin; the minute that other programs wait would be a minute in
 * which nobody logs in. What the operator has written stays.
 */
const patience = { 'connect-timeout': '2s', 'statement-timeout': '2s' } as const;

export function impatientUrl(url: string): string {
  if (!/^(?:mysql|mariadb):/i.test(url)) return url;
  const [place = '', query = ''] = url.split('?', 2);
  const given = new Set(new URLSearchParams(query).keys());
  const added = Object.entries(patience).filter(([name]) => !given.has(name));
  const parts = [...(query === '' ? [] : [query]), ...added.map(([name, value]) => `${name}=${value}`)];
  return parts.length === 0 ? url : `${place}?${parts.join('&')}`;
}

/**
 * The cookies of one panel, for programs whose `fetch` keeps none. In memory, and for one origin: name, value, path and whether the
 * server takes it back, which is all that a panel uses.
 */
interface Cookie {
  readonly value: string;
  readonly path: string;
}

export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** @param lines - of the headers `Set-Cookie`, one each */
  keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name, value] = splitAt(pair);
      const { path = '/', 'max-age': maxAge } = Object.fromEntries(attributes.map(splitAt).map(lowerName));
      if (maxAge !== undefined && Number(maxAge) <= 0) this.#cookies.delete(name);
      else this.#cookies.set(name, { value, path });
    }
  }

  /** @returns the value of the header `Cookie` for a request of this path; undefined when there is nothing to send */
  headerFor(path: string): string | undefined {
    const pairs = [...this.#cookies]
      .filter(([, cookie]) => isWithin(path, cookie.path))
      .map(([name, { value }]) => `${name}=${value}`);
    return pairs.length === 0 ? undefined : pairs.join('; ');
  }
}

/** RFC 6265, 5.1.4. */
function isWithin(path: string, scope: string): boolean {
  const [place = ''] = path.split('?');
  return place === scope || place.startsWith(scope.endsWith('/') ? scope : `${scope}/`);
}

function splitAt(pair: string): readonly [name: string, value: string] {
  const place = pair.indexOf('=');
  return place < 0 ? [pair, ''] : [pair.slice(0, place), pair.slice(place + 1)];
}

function lowerName([name, value]: readonly [string, string]): readonly [string, string] {
  return [name.toLowerCase(), value];
}

/** FreeRADIUS as the mapper sees it: its requests over plain HTTP, one device after the other. */

export interface MapperAnswer {
  readonly status: number;
  readonly text: string;
  /** The value of an attribute, by its list and name. */
  value(name: string): unknown;
}

export interface MapperPlace {
  readonly url: string;
  readonly secret: string;
}

/** The vector of the nth request. */
export function vectorOf(n: number): string {
  return `0x${n.toString(16).padStart(32, '0')}`;
}

/** What every request has; the nth comes from the nth device. */
export function commonBody(n: number, more: Readonly<Record<string, unknown>> = {}) {
  return {
    v: 1,
    user: 'user0',
    src: '127.0.0.1',
    nas_ip: '10.0.0.1',
    nas_id: 'nas',
    port: '7',
    caller: `device-${n}`,
    called: '',
    sid: '',
    req: vectorOf(n),
    ...more,
  };
}

/** The nth request. */
export function askMapper(
  { url, secret }: MapperPlace,
  path: string,
  n: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<MapperAnswer> {
  return postTo(`${url}/v1/${path}`, secret, JSON.stringify(commonBody(n, more)));
}

async function postTo(url: string, secret: string, body: string): Promise<MapperAnswer> {
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
  });
  const text = await answer.text();
  const value = (name: string) => (JSON.parse(text) as Record<string, { value: unknown[] }>)[name]?.value[0];
  return { status: answer.status, text, value };
}

/** What `/readyz` says. */
export async function readinessOf({
  url,
}: MapperPlace): Promise<{ status: number; reasons: readonly string[] }> {
  const answer = await fetch(`${url}/readyz`);
  const { reasons } = (await answer.json()) as { reasons: readonly string[] };
  return { status: answer.status, reasons };
}

/**
 * The fields of a body, each asked for by its name and form. Written by hand: it runs for each login, and says of a
 * field that it is wrong, never what it contains.
 */
import { HoldfastError } from '@holdfast/base';
import { storable, textOf } from './text-of.ts';

/** Of a text, in bytes of UTF-8. An attribute has 253, a password 128. */
const mostBytes = 1_024;
const version = 1;

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws HoldfastError REQUEST_INVALID - not a JSON object of our version */
  constructor(body: Buffer) {
    this.#values = objectOf(body);
    if (this.#values.v !== version) throw invalidRequest(`v is not ${version}`);
  }

  /** A text that is compared and never stored. */
  exact(name: string): string {
    const value = this.#values[name];
    if (typeof value !== 'string') throw invalidRequest(`${name} is no text`);
    const text = textOf(value);
    if (Buffer.byteLength(text, 'utf8') <= mostBytes) return text;
    throw invalidRequest(`${name} is longer than ${mostBytes} bytes`);
  }

  /** A text that can be stored; empty where there is none. */
  text(name: string): string {
    const value = this.#values[name];
    return value === undefined || value === null ? '' : storable(this.exact(name));
  }

  /** A whole number from 0 on, cut to the greatest that is exact; undefined where there is none. */
  count(name: string): number | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !(value >= 0)) throw invalidRequest(`${name} is no number from 0 on`);
    return Math.min(Math.trunc(value), Number.MAX_SAFE_INTEGER);
  }
}

/** @param problem - without anything out of the request but names of fields */
export function invalidRequest(problem: string): HoldfastError {
  return new HoldfastError('REQUEST_INVALID', `a request is not understood: ${problem}`);
}

function objectOf(body: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('latin1'));
  } catch {
    // The parser's message quotes the body, and the body may hold a password.
    throw invalidRequest('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidRequest('it is no object');
  return value as Readonly<Record<string, unknown>>;
}

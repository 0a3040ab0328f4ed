/** Whatever is sent to the door of the mapper: sensible bodies, spoiled ones, and noise. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../../../../tests/support/counts.ts';
import { type ListenerWorld, listenerWorld, loginBody, paths, secret } from '../testing/listener-world.ts';
import { commonBody } from '../testing/mapper-world.ts';

let world: ListenerWorld;
beforeAll(async () => {
  world = await listenerWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Values that are in no answer and no line. */
const password = 'hunter2-hunter2';
const json = fc.jsonValue({ maxDepth: 3 });
const odd = fc.oneof(
  json,
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'é',
    '\u00c3\u00a9',
    '\u00ff\u00fe',
    '\ud800',
    '日本',
    '"',
    '\\',
    "'",
    '%{User-Password}',
    '\u2028',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 1_100 }),
  fc.double(),
  fc.constantFrom(-1, 2 ** 53, 1e300, Number.MAX_SAFE_INTEGER),
);
const fields = Object.keys(commonBody(0));
const accountingFields = [
  'status',
  'class',
  'at',
  'delay',
  'seconds',
  'in',
  'out',
  'cause',
  'ip',
  'ip6',
  'prefix6',
  'method',
];
const mutation = fc.dictionary(fc.constantFrom(...fields, ...accountingFields, '__proto__', 'x'), odd, {
  maxKeys: 4,
});
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  json.map((value) => Buffer.from(JSON.stringify(value))),
  mutation.map((more) => Buffer.from(JSON.stringify({ ...loginBody(1), ...more, password }))),
  fc
    .tuple(mutation, fc.nat(400), fc.uint8Array({ minLength: 1, maxLength: 4 }))
    .map(([more, place, bytes]) =>
      splice(Buffer.from(JSON.stringify({ ...loginBody(1), ...more, password })), place, bytes),
    ),
);

function splice(text: Buffer, place: number, bytes: Uint8Array): Buffer {
  const at = Math.min(place, text.length);
  return Buffer.concat([
    text.subarray(0, at),
    bytes,
    text.subarray(Math.min(at + bytes.length, text.length)),
  ]);
}

describe('whatever is sent', () => {
  it('is answered with a code or from the table, and tells no secret', { timeout: 600_000 }, async () => {
    const before = world.failures.length;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), body, async (path, bytes) => {
        const { status, text } = await world.ask(path, bytes);
        expect([200, 204, 400, 401, 503]).toContain(status);
        if (status === 400) expect(JSON.parse(text)).toEqual({ code: 'REQUEST_INVALID' });
        // One that was taken back before.
        if (status === 503) expect(JSON.parse(text)).toEqual({ code: 'LOGIN_OVERLOAD' });
        if (status === 200 || status === 401) expect(JSON.parse(text)).toHaveProperty('control:Tmp-String-0');
        expect(text).not.toContain(secret);
        expect(text).not.toContain(password);
      }),
      { numRuns: counts.radiusRequests },
    );
    expect(world.failures.slice(before).filter(({ code }) => code !== 'LOGIN_OVERLOAD')).toEqual([]);
    const said = world.lines.join('\n');
    expect(said).not.toContain(secret);
    expect(said).not.toContain(password);
  });
});

/**
 * Requests that nobody would write by hand, made from the description that a panel serves: every parameter and every member of a body
 * as its schema wants it, or as it does not. Ids, versions and tokens that mean something are left open as a choice and are filled in
 * when the request is sent, because only then it is known what there is.
 */
import fc from 'fast-check';
import type { ApiDescription, DescribedOperation } from './api-description.ts';
import type { JsonSchema } from './json-schema-faults.ts';

/** Who asks. */
export const askers = ['admin', 'ana', 'bruno', 'nobody'] as const;
export type Asker = (typeof askers)[number];

/** Stands for a value that is known when the request is sent. */
export interface OpenChoice {
  readonly choose: 'connection' | 'customer' | 'session' | 'version' | 'etag' | 'token' | 'mutation-id';
  /** Which of those there are. */
  readonly index: number;
}

export interface ArbitraryRequest {
  readonly asker: Asker;
  readonly operation: DescribedOperation;
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Undefined for none; a text is sent as it is. */
  readonly body: unknown;
}

const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    ' ',
    '\0',
    '0',
    '-1',
    '1e9',
    '%',
    "' or 1=1 --",
    '../..',
    '\ud800',
    '\u2028',
    '__proto__',
    'x'.repeat(300),
    -1,
    0,
    2 ** 53,
    1e300,
    null,
    true,
    [],
    {},
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Members and parameters that mean something only with what there is. */
const openNames: Readonly<Record<string, OpenChoice['choose']>> = {
  version: 'version',
  clientMutationId: 'mutation-id',
  'Idempotency-Key': 'mutation-id',
  'If-Match': 'etag',
  token: 'token',
  customer: 'customer',
};

/** @param operations - those that are asked */
export function arbitraryRequest(
  description: ApiDescription,
  operations: readonly DescribedOperation[],
): fc.Arbitrary<ArbitraryRequest> {
  return fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      asker: fc.constantFrom(...askers),
      operation: fc.constant(operation),
      path: parametersOf(description, operation, 'path'),
      query: parametersOf(description, operation, 'query'),
      headers: parametersOf(description, operation, 'header'),
      body: bodyOf(description, operation),
    }),
  );
}

function parametersOf(
  description: ApiDescription,
  { path, parameters = [] }: DescribedOperation,
  place: 'path' | 'query' | 'header',
): fc.Arbitrary<Record<string, unknown>> {
  const named = parameters.filter((parameter) => parameter.in === place);
  const arbitraries = named.map(({ name, schema }) => [
    name,
    mostly(place === 'path' ? idOf(path, name) : fitting(description, name, schema)),
  ]);
  const record = Object.fromEntries(arbitraries) as Record<string, fc.Arbitrary<unknown>>;
  return place === 'path' ? fc.record(record) : sparse(record);
}

function idOf(path: string, name: string): fc.Arbitrary<unknown> {
  if (name === 'name') return fc.constantFrom('gw1', 'gw2');
  if (path.startsWith('/v1/sessions')) return open('session');
  return path.startsWith('/v1/customers') ? open('customer') : open('connection');
}

function bodyOf(description: ApiDescription, { requestBody }: DescribedOperation): fc.Arbitrary<unknown> {
  const schema = requestBody?.content['application/json']?.schema;
  if (schema === undefined) return fc.constant(undefined);
  return fc.oneof(
    { weight: 14, arbitrary: fitting(description, '', schema) },
    { weight: 1, arbitrary: hostile },
    {
      weight: 1,
      arbitrary: fc.constantFrom(undefined, '', '{', '{"version":1,"version":2}', '{"__proto__":{}}'),
    },
  );
}

/** As its schema wants it. */
function fitting(description: ApiDescription, name: string, told: JsonSchema): fc.Arbitrary<unknown> {
  const choice = openNames[name];
  if (choice !== undefined) return open(choice);
  const schema = description.resolve(told);
  const { type, enum: values, anyOf } = schema;
  if (Array.isArray(values)) return fc.constantFrom<unknown>(...values);
  if (Array.isArray(anyOf))
    return fc.oneof(...anyOf.map((one: JsonSchema) => fitting(description, name, one)));
  if (!Array.isArray(type)) return ofType(description, schema);
  const [one] = type.filter((each) => each !== 'null');
  return fc.option(ofType(description, { ...schema, type: one }));
}

function ofType(description: ApiDescription, schema: JsonSchema): fc.Arbitrary<unknown> {
  const { properties = {}, items = {} } = schema;
  switch (schema.type) {
    case 'object':
      return objectOf(description, schema, properties as Record<string, JsonSchema>);
    case 'array':
      return fc.array(fitting(description, '', items as JsonSchema), { maxLength: 3 });
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return numberOf(schema);
    default:
      return textOf(schema);
  }
}

function objectOf(
  description: ApiDescription,
  { required = [] }: JsonSchema,
  properties: Readonly<Record<string, JsonSchema>>,
): fc.Arbitrary<unknown> {
  const members = Object.entries(properties).map(([name, schema]) => [
    name,
    mostly(fitting(description, name, schema)),
  ]);
  const arbitraries = Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>;
  const requiredKeys = required as string[];
  const whole = fc.record(arbitraries, { requiredKeys });
  // What it is about is there as a rule: without it nothing behind the first check would be reached.
  const meant = ['version', 'clientMutationId'].filter((name) => name in arbitraries);
  const intended = fc.record(arbitraries, { requiredKeys: [...requiredKeys, ...meant] });
  const stranger = fc
    .tuple(whole, fc.string(), hostile)
    .map(([some, name, value]) => ({ ...some, [name]: value }));
  return fc.oneof(
    { weight: 10, arbitrary: intended },
    { weight: 1, arbitrary: whole },
    { weight: 1, arbitrary: stranger },
  );
}

function numberOf({ minimum = 0, maximum = 1_000_000 }: JsonSchema): fc.Arbitrary<unknown> {
  return fc.integer({ min: Number(minimum), max: Math.min(Number(maximum), 1_000_000) });
}

function textOf({ format, maxLength, minLength }: JsonSchema): fc.Arbitrary<unknown> {
  if (format === 'date-time') return moment;
  if (format === 'ipv4' || format === 'ipv6') return fc.constantFrom('192.0.2.9', '2001:db8::9', '::');
  const size = { minLength: Number(minLength ?? 0), maxLength: Math.min(Number(maxLength ?? 30), 30) };
  const known = ['someone@example.com', 'Other@Example.com', '192.0.2', 'a long enough password', 'one'];
  return fc.oneof(fc.string(size), fc.constantFrom(...known));
}

const moment = fc
  .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

/** Each member now and then: all of them at once would hardly ever fit. */
function sparse(
  record: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Record<string, unknown>> {
  const rare = (arbitrary: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const members = Object.entries(record).map(([name, arbitrary]) => [name, rare(arbitrary)]);
  return fc
    .record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>)
    .map((some) => Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)));
}

function mostly(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary }, { weight: 1, arbitrary: hostile });
}

function open(choose: OpenChoice['choose']): fc.Arbitrary<OpenChoice> {
  return fc.nat(11).map((index) => ({ choose, index }));
}

/**
 * What a value has against a JSON schema of an API description, with the few words that such a description uses. A word that is
 * not known here is an error of its own: what is not understood is not checked.
 *
 * Stricter than the standard in one thing: an object that does not say which further members it may have has none. So a field that
 * slips into an answer is found.
 */

export type JsonSchema = { readonly [word: string]: unknown };
/** By `#/components/schemas/NAME`. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

const understood = new Set([
  '$ref',
  'additionalProperties',
  'allOf',
  'anyOf',
  'default',
  'description',
  'enum',
  'format',
  'items',
  'maxItems',
  'maxLength',
  'maximum',
  'minItems',
  'minLength',
  'minimum',
  'oneOf',
  'pattern',
  'properties',
  'required',
  'type',
]);

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

/** @returns each fault with its place; empty when it fits */
export function schemaFaults(
  schemas: Schemas,
  schema: JsonSchema,
  value: unknown,
  at = '',
): readonly string[] {
  return [...partFaults(schemas, schema, value, at), ...strangers(schemas, schema, value, at)];
}

export function resolved(schemas: Schemas, schema: JsonSchema): JsonSchema {
  const { $ref: ref } = schema;
  if (typeof ref !== 'string') return schema;
  const target = schemas[ref.replace('#/components/schemas/', '')];
  if (target === undefined) throw new Error(`nothing is at ${ref}`);
  return resolved(schemas, target);
}

/** Everything but members that nobody has described. */
function partFaults(schemas: Schemas, told: JsonSchema, value: unknown, at: string): readonly string[] {
  const schema = resolved(schemas, told);
  const strange = Object.keys(schema).filter((word) => !understood.has(word));
  if (strange.length > 0)
    throw new Error(`the schema at ${at} says ${strange.join()}, which is not understood`);
  const { allOf, anyOf, oneOf } = schema as Readonly<Record<string, readonly JsonSchema[] | undefined>>;
  const fits = (one: JsonSchema) => schemaFaults(schemas, one, value, at).length === 0;
  return [
    ...ownFaults(schema, value).map((fault) => `${at}: ${fault}`),
    ...memberFaults(schemas, schema, value, at),
    ...(allOf ?? []).flatMap((one) => partFaults(schemas, one, value, at)),
    ...(anyOf !== undefined && !anyOf.some(fits) ? [`${at}: fits none of anyOf`] : []),
    ...(oneOf !== undefined && oneOf.filter(fits).length !== 1 ? [`${at}: does not fit one of oneOf`] : []),
  ];
}

function ownFaults({ type, enum: values, ...schema }: JsonSchema, value: unknown): readonly string[] {
  const types = type === undefined ? undefined : [type].flat();
  if (types !== undefined && !types.some((one) => isOfType(one, value)))
    return [`is no ${types.join(' or ')}`];
  if (Array.isArray(values) && !values.includes(value)) return [`is none of ${JSON.stringify(values)}`];
  if (typeof value === 'string') return textFaults(schema, value);
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema as {
    minimum?: number;
    maximum?: number;
  };
  return typeof value === 'number' && (value < minimum || value > maximum) ? ['is out of range'] : [];
}

function textFaults(schema: JsonSchema, value: string): readonly string[] {
  const { pattern, format, maxLength, minLength } = schema as {
    readonly pattern?: string;
    readonly format?: string;
    readonly maxLength?: number;
    readonly minLength?: number;
  };
  const length = [...value].length;
  return [
    ...(pattern !== undefined && !new RegExp(pattern, 'u').test(value) ? [`does not match ${pattern}`] : []),
    ...(format !== undefined && formats[format]?.test(value) === false ? [`is no ${format}`] : []),
    ...(length > (maxLength ?? Number.POSITIVE_INFINITY) || length < (minLength ?? 0)
      ? ['has a wrong length']
      : []),
  ];
}

function memberFaults(
  schemas: Schemas,
  { properties = {}, required = [], items, additionalProperties }: JsonSchema,
  value: unknown,
  at: string,
): readonly string[] {
  if (Array.isArray(value) && items !== undefined)
    return value.flatMap((item, index) => schemaFaults(schemas, items as JsonSchema, item, `${at}/${index}`));
  if (!isRecord(value)) return [];
  const known = properties as Readonly<Record<string, JsonSchema>>;
  const missing = (required as readonly string[]).filter((name) => !Object.hasOwn(value, name));
  const others = typeof additionalProperties === 'object' ? (additionalProperties as JsonSchema) : undefined;
  return [
    ...missing.map((name) => `${at}/${name}: is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const schema = Object.hasOwn(known, name) ? known[name] : others;
      return schema === undefined ? [] : schemaFaults(schemas, schema, member, `${at}/${name}`);
    }),
  ];
}

/** Members that neither the schema nor those it is put together from describe. */
function strangers(schemas: Schemas, schema: JsonSchema, value: unknown, at: string): readonly string[] {
  if (!isRecord(value)) return [];
  const described = membersOf(schemas, schema);
  if (described === 'any') return [];
  return Object.keys(value)
    .filter((name) => !described.has(name))
    .map((name) => `${at}/${name}: is not described`);
}

function membersOf(schemas: Schemas, told: JsonSchema): ReadonlySet<string> | 'any' {
  const { properties, additionalProperties, allOf, anyOf, oneOf, type } = resolved(schemas, told);
  // Alternatives have been asked one by one, each with its own members.
  if (anyOf !== undefined || oneOf !== undefined) return 'any';
  if (additionalProperties !== undefined && additionalProperties !== false) return 'any';
  const isAnything = type === undefined || Array.isArray(type);
  if (isAnything && properties === undefined && allOf === undefined) return 'any';
  const parts = ((allOf ?? []) as readonly JsonSchema[]).map((one) => membersOf(schemas, one));
  if (parts.includes('any')) return 'any';
  return new Set([...Object.keys(properties ?? {}), ...parts.flatMap((part) => [...part])]);
}

function isOfType(type: unknown, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isRecord(value);
  return typeof value === type;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

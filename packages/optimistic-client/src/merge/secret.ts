/** Secrets in a record: the server puts a mark where one is, a user types a new one, and nothing shows or keeps its value. */
import type { Json } from '../record/json.ts';
import { asObject, type JsonObject, memberOf } from '../record/json.ts';
import type { RecordSchema } from './record-schema.ts';

/** What stands where a secret is, and whether somebody changed it since the base. */
export type SecretMark = { readonly $secret: true; readonly changed?: boolean };

/** Whether this is the mark of a secret, not a secret that was typed. */
export function isSecretMark(value: Json | undefined): boolean {
  return asObject(value)?.$secret === true;
}

/** Whether a secret was typed here, or is marked as changed there. */
export function isSecretChanged(value: Json | undefined): boolean {
  if (value === undefined || value === null) return false;
  return !isSecretMark(value) || asObject(value)?.changed === true;
}

/** The value as it may be shown: a mark. */
export function redacted(value: Json | undefined): JsonObject {
  return { $secret: true, changed: isSecretChanged(value) };
}

/** The names of the secrets of a schema. */
export function secretsOf({ fields }: RecordSchema): readonly string[] {
  return Object.keys(fields).filter((name) => fields[name]?.kind === 'secret');
}

/** `value` without any secret that was typed: what may be kept on disk. Marks stay. */
export function withoutSecrets(schema: RecordSchema, value: JsonObject): JsonObject {
  const secrets = new Set(secretsOf(schema));
  return Object.fromEntries(
    Object.entries(value).filter(([name, member]) => !secrets.has(name) || isSecretMark(member)),
  );
}

/**
 * `value` with a mark of change at each secret that `changed` names. Only an answer that refuses marks secrets; a plain read
 * does not tell, so what is known is carried over.
 */
export function withSecretsMarked(
  schema: RecordSchema,
  value: JsonObject,
  changed: ReadonlySet<string>,
): JsonObject {
  const marks = secretsOf(schema)
    .filter((name) => changed.has(name) && memberOf(value, name) !== undefined)
    .map((name) => [name, { $secret: true, changed: true }] as const);
  return Object.fromEntries([...Object.entries(value), ...marks]);
}

/** `value` with marks that tell of no change: what was one to an older base is none to whoever starts from this value. */
export function withPlainMarks(schema: RecordSchema, value: JsonObject): JsonObject {
  const marks = secretsOf(schema)
    .filter((name) => isSecretMark(memberOf(value, name)))
    .map((name) => [name, { $secret: true }] as const);
  return Object.fromEntries([...Object.entries(value), ...marks]);
}

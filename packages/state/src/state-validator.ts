/**
 * Decides whether a value is a valid document, with any Standard Schema (zod, valibot, arktype, …). Reports every
 * problem at once, each with its path: whoever repairs a file by hand wants the whole list. Synchronous schemas only: a
 * check that waits for something would let the world change between reading and deciding.
 *
 * @see https://standardschema.dev
 */
import { HoldfastError } from '@holdfast/base';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { forget, isPromise } from './is-promise.ts';

/** One problem of a document; `details.issues` of DOCUMENT_INVALID is an array of these. */
export interface DocumentIssue {
  /** JSON Pointer (RFC 6901) to the value: `/rules/3/address`; '' is the whole document. */
  readonly path: string;
  readonly message: string;
}

export class StateValidator<Value> {
  readonly #schema: StandardSchemaV1<unknown, Value>;

  constructor(schema: StandardSchemaV1<unknown, Value>) {
    this.#schema = schema;
  }

  /**
   * @param name - what the value is called in the error, such as its path
   * @returns the schema's output: defaults filled in, transformations applied
   * @throws HoldfastError DOCUMENT_INVALID - with every problem in `details.issues`; a schema that throws is one of them
   * @throws HoldfastError INTERNAL - the schema is asynchronous
   */
  validate(value: unknown, name: string): Value {
    const result = this.#ask(value, name);
    if (result.issues === undefined) return result.value;
    const issues = result.issues.map(describe);
    const first = issues[0];
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    const where = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
    throw new HoldfastError(
      'DOCUMENT_INVALID',
      `${name} is not valid${where}: ${first?.message ?? 'refused'}${more}`,
      {
        details: { path: name, issues },
      },
    );
  }

  /** What the schema says; what it throws is told as a problem of the whole document, with the error as the cause. */
  #ask(value: unknown, name: string): StandardSchemaV1.Result<Value> {
    const { vendor, validate } = this.#schema['~standard'];
    let result: ReturnType<typeof validate>;
    try {
      result = validate(value);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `the ${vendor} schema threw: ${reason}`;
      throw new HoldfastError('DOCUMENT_INVALID', `${name} cannot be validated: ${message}`, {
        cause,
        details: { path: name, issues: [{ path: '', message }] },
      });
    }
    if (!isPromise(result)) return result;
    forget(result);
    throw asynchronous(vendor, name);
  }
}

function asynchronous(vendor: string, name: string): HoldfastError {
  return new HoldfastError(
    'INTERNAL',
    `the ${vendor} schema of ${name} is asynchronous; documents need a synchronous one`,
  );
}

function describe(issue: StandardSchemaV1.Issue): DocumentIssue {
  const keys = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  const path = keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { path, message: issue.message };
}

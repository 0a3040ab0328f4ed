/** Validation through Standard Schema: every problem with its path, and no schema that waits. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StateValidator } from './state-validator.ts';

describe('StateValidator', () => {
  it('returns the output of the schema', () => {
    const validator = new StateValidator(z.object({ name: z.string().default('none') }));
    expect(validator.validate({}, 'doc')).toEqual({ name: 'none' });
  });

  it('lists every problem with a JSON Pointer', () => {
    const rule = z.object({ 'a/b~c': z.number() });
    const validator = new StateValidator(z.object({ rules: z.array(rule), name: z.string() }));
    const refused = () => validator.validate({ rules: [{ 'a/b~c': 1 }, { 'a/b~c': 'x' }, {}] }, 'doc');
    const issues = ['/rules/1/a~1b~0c', '/rules/2/a~1b~0c', '/name'].map((path) =>
      expect.objectContaining({ path }),
    );
    expect(refused).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_INVALID', details: { path: 'doc', issues } }),
    );
  });

  it('names the whole document with an empty path', () => {
    const issues = [{ path: '', message: expect.any(String) }];
    expect(() => new StateValidator(z.string()).validate(1, 'doc')).toThrow(
      expect.objectContaining({ details: { path: 'doc', issues } }),
    );
  });

  it('reads keys that are wrapped in path segments', () => {
    const schema: StandardSchemaV1<unknown, string> = {
      '~standard': {
        version: 1,
        vendor: 'hand-made',
        validate: () => ({ issues: [{ message: 'no', path: [{ key: 'a' }, 0] }] }),
      },
    };
    expect(() => new StateValidator(schema).validate({}, 'doc')).toThrow(
      expect.objectContaining({ details: { path: 'doc', issues: [{ path: '/a/0', message: 'no' }] } }),
    );
  });

  it('a schema that throws is a problem of the document, with the error as the cause', () => {
    const cause = new TypeError('no such property');
    const validate = () => {
      throw cause;
    };
    const validator = new StateValidator({ '~standard': { version: 1, vendor: 'hand-made', validate } });
    const issues = [{ path: '', message: 'the hand-made schema threw: no such property' }];
    expect(() => validator.validate('x', 'doc')).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_INVALID', cause, details: { path: 'doc', issues } }),
    );
  });

  it('a promise of another library is a promise', () => {
    // biome-ignore lint/suspicious/noThenProperty: this is what the test is about
    const thenable = { then: () => undefined } as unknown as Promise<{ readonly value: string }>;
    const validate = () => thenable;
    const validator = new StateValidator({ '~standard': { version: 1, vendor: 'hand-made', validate } });
    expect(() => validator.validate('x', 'doc')).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it('an asynchronous schema is refused, also when it rejects later', async () => {
    const validator = new StateValidator(z.string().refine(async () => true));
    expect(() => validator.validate('x', 'doc')).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    const validate = async () => Promise.reject(new Error('later'));
    const rejecting = new StateValidator<string>({
      '~standard': { version: 1, vendor: 'hand-made', validate },
    });
    expect(() => rejecting.validate('x', 'doc')).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

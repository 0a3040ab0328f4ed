/** Refusals, as RFC 9457 has them. A client decides by `type`; `docs/mutations.md` and `docs/panel.md` list them. */
import { z } from '@hono/zod-openapi';
import { valueSchema, versionSchema } from './resource.ts';

const author = z.object({ id: z.string(), name: z.string() });

export const issueSchema = z.object({
  /** JSON pointer into what was sent; '' is all of it. */
  path: z.string(),
  code: z.string(),
});

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    /** Path of the request. */
    instance: z.string(),
    /** Under which the log has it. */
    traceId: z.string(),
    issues: z.array(issueSchema).optional(),
    /** Of a state conflict: the code of the rule that refuses. */
    reason: z.string().optional(),
    /** Of a refused login: whether the next one needs a CAPTCHA. */
    captcha: z.enum(['required', 'not_required']).optional(),
  })
  .openapi('Problem');

const resource = z.object({ kind: z.string(), id: z.string() });

export const changedSchema = z.object({
  path: z.string(),
  version: versionSchema,
  by: author,
  at: z.iso.datetime(),
});

export const versionConflictSchema = problemSchema
  .extend({
    resource,
    sent: z.object({ version: versionSchema }),
    current: z.object({ version: versionSchema, etag: z.string(), value: valueSchema }),
    /** Null when the log does not tell all of it. */
    changed: z.array(changedSchema).nullable(),
    base: z.object({ version: versionSchema, value: valueSchema }).optional(),
    conflictId: z.string(),
  })
  .openapi('VersionConflict');

export const deletedConflictSchema = problemSchema
  .extend({
    resource,
    sent: z.object({ version: versionSchema.nullable() }),
    deleted: z.object({ version: versionSchema, by: author, at: z.iso.datetime() }).optional(),
    last: valueSchema.optional(),
    conflictId: z.string(),
  })
  .openapi('DeletedConflict');

export type PanelProblem = z.infer<typeof problemSchema>;
export type VersionConflict = z.infer<typeof versionConflictSchema>;
export type DeletedConflict = z.infer<typeof deletedConflictSchema>;

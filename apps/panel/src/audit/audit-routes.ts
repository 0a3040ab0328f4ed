/** Who changed what, when: for admins. */
import { auditPageSchema, auditQuerySchema } from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { givenTime } from '../app/given-time.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { requireAdmin } from '../app/require-admin.ts';
import { answers } from '../app/route-answers.ts';
import { readLog } from './read-log.ts';

type AuditFilter = z.output<typeof auditQuerySchema>;

/** The kinds whose changes are in the log. */
const tags = ['customer', 'session', 'vpn_connection'];

const listAudit = createRoute({
  method: 'get',
  path: '/v1/audit',
  operationId: 'listAudit',
  summary: 'The log of changes, newest first',
  tags: ['Audit'],
  middleware: requireAdmin,
  request: { query: auditQuerySchema },
  responses: answers({ 200: { description: 'A page of the log', schema: auditPageSchema } }, [
    'invalid',
    'signed-out',
    'forbidden',
  ]),
});

export function auditRoutes({ truth, cache }: Pick<PanelParts, 'truth' | 'cache'>): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  router.openapi(listAudit, async (context) => {
    const query = context.req.valid('query');
    const { cursor, limit } = query;
    const page = await cache.read({
      key: `audit ${JSON.stringify(query)}`,
      view: 'admin',
      tags,
      fill: () => readLog(truth.db, { conditions: filterOf(query), cursor, limit }),
    });
    return context.json(page, 200);
  });
  return router;
}

function filterOf({ kind, id, by, from, to }: AuditFilter): readonly RawBuilder<SqlBool>[] {
  const filters: readonly (RawBuilder<SqlBool> | undefined)[] = [
    kind === undefined ? undefined : sql`kind = ${kind}`,
    id === undefined ? undefined : sql`resource_id = ${id}`,
    by === undefined ? undefined : sql`author_id = ${by}`,
    from === undefined ? undefined : sql`changed_at >= ${givenTime(Date.parse(from))}`,
    to === undefined ? undefined : sql`changed_at < ${givenTime(Date.parse(to))}`,
  ];
  return filters.filter((filter) => filter !== undefined);
}

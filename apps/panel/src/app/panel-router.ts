/**
 * The router of a group of routes. What does not fit the schema of a route is answered before its handler is called: a path that
 * cannot name anything with 404, everything else with 400 and the place of each fault.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { PanelEnv } from './panel-env.ts';
import { refuse } from './problem-answer.ts';
import { issuesOf } from './zod-issues.ts';

export function panelRouter(): OpenAPIHono<PanelEnv> {
  return new OpenAPIHono<PanelEnv>({
    defaultHook: (result, context) => {
      if (result.success) return undefined;
      if (result.target === 'param') return refuse(context, 'not-found');
      return refuse(context, 'invalid', { issues: issuesOf(result.error).map((issue) => ({ ...issue })) });
    },
  });
}

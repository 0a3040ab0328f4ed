/** Of a route that is for admins alone: a customer gets to know that it is, whatever they ask it about. */
import type { MiddlewareHandler } from 'hono';
import type { PanelEnv } from './panel-env.ts';
import { refuse } from './problem-answer.ts';

export const requireAdmin: MiddlewareHandler<PanelEnv> = async (context, next) => {
  if (context.get('identity').viewer.role !== 'admin') return refuse(context, 'forbidden');
  return next();
};

/** The id in a path. */
import { idSchema } from '@holdfast/panel-client/schema';
import { z } from '@hono/zod-openapi';

export const pathId = z.object({ id: idSchema });

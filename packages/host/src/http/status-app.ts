/**
 * What every daemon answers about itself: `/healthz` (does it still turn), `/readyz` (does it do its work), `/metrics`. GET
 * and HEAD only, nothing is cached, and nothing here may hold a secret: whoever reaches the port may ask.
 */
import { Hono } from 'hono';

/** An answer about oneself. Without reasons against it, it is good. */
export interface StatusAnswer {
  /** Why not, in the words of a log; empty when all is well. */
  readonly reasons: readonly string[];
  /** Further facts for the body. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface StatusAppOptions {
  readonly health: () => StatusAnswer;
  readonly readiness: () => StatusAnswer;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  /** Further paths, each with what its JSON document is made from when somebody asks. */
  readonly documents?: Readonly<Record<`/${string}`, () => Promise<object>>>;
  /** Told of what went wrong inside; the client is told nothing but that. */
  readonly onError?: (error: unknown) => void;
}

export function statusApp({ health, readiness, metrics, documents = {}, onError }: StatusAppOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const isRead = context.req.method === 'GET' || context.req.method === 'HEAD';
    if (!isRead) return context.json({ status: 'method-not-allowed' }, 405, { Allow: 'GET, HEAD' });
    await next();
    context.header('Cache-Control', 'no-store');
    context.header('X-Content-Type-Options', 'nosniff');
    return undefined;
  });
  app.get('/healthz', (context) => context.json(...answerOf(health())));
  app.get('/readyz', (context) => context.json(...answerOf(readiness())));
  app.get('/metrics', async (context) => {
    const { text, contentType } = await metrics();
    return context.body(text, 200, { 'Content-Type': contentType });
  });
  for (const [path, document] of Object.entries(documents))
    app.get(path, async (context) => context.json(await document()));
  app.notFound((context) => context.json({ status: 'not-found' }, 404));
  app.onError((error, context) => {
    onError?.(error);
    return context.json({ status: 'internal-error' }, 500);
  });
  return app;
}

function answerOf({ reasons, facts }: StatusAnswer) {
  const isGood = reasons.length === 0;
  return [{ status: isGood ? 'ok' : 'failing', reasons, ...facts }, isGood ? 200 : 503] as const;
}

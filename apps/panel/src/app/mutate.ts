/** From a request to a mutation, and from its outcome to an answer: the same for every route that changes something. */
import {
  type Actor,
  answerTo,
  type Change,
  type Creation,
  isMutationId,
  type JsonObject,
  type MutationOutcome,
  type PanelViewer,
  type ResourceKind,
} from '@holdfast/mutations';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { mutationIntent, type SentIntent } from './mutation-intent.ts';
import type { Identity, PanelEnv } from './panel-env.ts';
import type { PanelParts } from './panel-parts.ts';
import { answerProblem } from './problem-answer.ts';

type Mutates = Pick<PanelParts, 'mutations'>;

type SentBody = SentIntent & { readonly [name: string]: unknown };

interface Asked<Value extends object> {
  readonly kind: ResourceKind<Value, PanelViewer>;
  readonly operation: string;
  /** As it came, of a schema that takes JSON only. */
  readonly body: SentBody;
  /** What of the body makes it this request and no other; all of it. Kept as a hash that is quick to compute: no password. */
  readonly input?: JsonObject;
}

export interface AskedChange<Value extends object> extends Asked<Value> {
  readonly id: string;
  readonly change: Change<Value>;
}

export interface AskedCreation<Value extends object> extends Asked<Value> {
  readonly create: Creation<Value, PanelViewer>['create'];
}

export async function change<Value extends object>(
  context: Context<PanelEnv>,
  { mutations }: Mutates,
  { body, input = inputOf(body), ...asked }: AskedChange<Value>,
): Promise<MutationOutcome> {
  const intent = mutationIntent(body, headersOf(context), { kind: asked.kind.name, id: asked.id });
  if (intent.kind === 'contradictory') return { kind: 'invalid', issues: intent.issues };
  const { clientMutationId, version, precondition } = intent;
  const actor = actorOf(context.get('identity'));
  return mutations.change({ ...asked, input, actor, clientMutationId, version, precondition });
}

export async function create<Value extends object>(
  context: Context<PanelEnv>,
  { mutations }: Mutates,
  { body, input = inputOf(body), ...asked }: AskedCreation<Value>,
): Promise<MutationOutcome> {
  const intent = mutationIntent(body, headersOf(context));
  if (intent.kind === 'contradictory') return { kind: 'invalid', issues: intent.issues };
  const actor = actorOf(context.get('identity'));
  return mutations.create({ ...asked, input, actor, clientMutationId: intent.clientMutationId });
}

export function answerOutcome(context: Context<PanelEnv>, outcome: MutationOutcome): Response {
  const { status, headers, body } = answerTo(outcome);
  if (status >= 400) return answerProblem(context, status, body, headers);
  return context.body(JSON.stringify(body), status as ContentfulStatusCode, { ...headers });
}

/** The id of the mutation, wherever it stands; undefined where it is none. */
export function mutationIdOf(context: Context<PanelEnv>, body: SentIntent): string | undefined {
  const intent = mutationIntent(body, headersOf(context));
  const id = intent.kind === 'read' ? intent.clientMutationId : undefined;
  return isMutationId(id) ? id : undefined;
}

export function isSuccess({ kind }: MutationOutcome): boolean {
  return kind === 'applied' || kind === 'replayed' || kind === 'unchanged';
}

export function actorOf({ principal, name, viewer }: Identity): Actor<PanelViewer> {
  return { profile: 'panel', principal, name, viewer };
}

function headersOf({ req }: Context<PanelEnv>) {
  return { idempotencyKey: req.header('idempotency-key'), ifMatch: req.header('if-match') };
}

function inputOf({ clientMutationId: _id, version: _version, ...input }: SentBody): JsonObject {
  return input as JsonObject;
}

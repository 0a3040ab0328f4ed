/**
 * One user with a form: pending patches, a conflict controller, and a network that is stepped by hand and loses answers. It notes
 * what its user has seen and decided, so that a test can tell an overwrite that nobody chose.
 */
import type { Answer } from '../answer/answer.ts';
import type { Conflict, ConflictContext } from '../conflict/conflict.ts';
import type { ConflictEffect } from '../conflict/conflict-effect.ts';
import type { ConflictEvent } from '../conflict/conflict-event.ts';
import { reduceConflict } from '../conflict/reduce-conflict.ts';
import {
  addPatch,
  haltForConflict,
  type MutationRequest,
  nextRequest,
  type PendingRecord,
  pendingRecord,
  releaseConflict,
  sendAgain,
  settlePatch,
  withServer,
} from '../pending/pending-record.ts';
import type { Json, JsonObject } from '../record/json.ts';
import type { Snapshot } from '../record/snapshot.ts';
import type { SimulatedServer } from './simulated-server.ts';

type Task = (isLost: boolean) => void;

export class SimulatedEditor {
  readonly name: string;
  readonly #server: SimulatedServer;
  readonly #context: ConflictContext;
  readonly #network: Task[] = [];
  #pending: PendingRecord;
  #ids = 0;
  conflict: Conflict | undefined;
  /** The last value of each field that was in front of the user. */
  readonly #seen = new Map<string, Json | undefined>();
  /** Fields that were sent over a value that the user had not seen. */
  readonly blind: string[] = [];
  /** Values that the user gave up. */
  readonly givenUp = new Set<Json>();
  /** Values that they typed, in order. */
  readonly typed: { readonly field: string; readonly value: Json }[] = [];
  /** What was kept on disk before each request. */
  #kept: string | undefined;

  constructor(name: string, server: SimulatedServer, context: ConflictContext) {
    this.name = name;
    this.#server = server;
    this.#context = context;
    this.#pending = pendingRecord(server.current);
    this.#look(server.current);
  }

  get isIdle(): boolean {
    return this.#network.length === 0 && this.conflict === undefined && this.#pending.patches.length === 0;
  }

  edit(field: string, value: Json): void {
    this.typed.push({ field, value });
    if (this.conflict !== undefined) {
      this.dispatch({ kind: 'edited', patch: { [field]: value } });
      return;
    }
    this.#add({ [field]: value }, this.#pending.patches.at(-1)?.base ?? this.#pending.server);
    this.#send();
  }

  /** A refetch in the background. */
  refetch(): void {
    if (this.conflict !== undefined) {
      this.dispatch({ kind: 'server-told', theirs: this.#server.current });
      return;
    }
    this.#pending = withServer(this.#pending, this.#server.current);
    if (this.#pending.patches.length === 0) this.#look(this.#pending.server);
  }

  /** Something arrives. */
  step(isLost: boolean): void {
    this.#network.shift()?.(isLost);
  }

  dispatch(event: ConflictEvent): void {
    const before = this.conflict;
    const { conflict, effects } = reduceConflict(this.#context, this.conflict, event);
    this.conflict = conflict;
    if (conflict?.phase === 'choosing') this.#lookAt(conflict);
    if (event.kind === 'apply' && before?.phase === 'choosing') this.#giveUp(before);
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: ConflictEffect): void {
    switch (effect.kind) {
      case 'keep-draft':
        this.#kept = effect.clientMutationId;
        break;
      case 'read-latest': {
        const theirs = this.#server.current;
        this.#network.push((isLost) =>
          isLost
            ? this.dispatch({ kind: 'read-failed', answer: { kind: 'network-failure' } })
            : this.dispatch({ kind: 'latest', theirs, newId: this.#newId() }),
        );
        break;
      }
      case 'send': {
        const { clientMutationId: id, version, patch } = effect;
        if (this.#kept !== id) throw new Error(`${id} left before it was kept`);
        this.#network.push((isLost) => {
          const answer = this.#mutate({ clientMutationId: id, version, patch }, isLost);
          this.dispatch({ kind: 'answered', clientMutationId: id, answer });
        });
        break;
      }
      case 'wait':
        this.#network.push(() => this.dispatch({ kind: 'retry-due' }));
        break;
      case 'adopt':
        this.#adopt(effect);
        break;
      default:
        break;
    }
  }

  #adopt({ server, base, rest }: Extract<ConflictEffect, { kind: 'adopt' }>): void {
    this.#pending = releaseConflict(this.#pending, server ?? this.#pending.server);
    this.#look(this.#pending.server);
    if (Object.keys(rest).length > 0 && base !== undefined) this.#add(rest, base);
    this.#send();
  }

  #add(patch: JsonObject, base: Snapshot): void {
    this.#pending = addPatch(this.#pending, { clientMutationId: this.#newId(), patch, base });
  }

  #send(): void {
    const next = nextRequest(this.#pending);
    if (next === undefined) return;
    this.#pending = next.record;
    this.#network.push((isLost) => this.#settle(next.request, this.#mutate(next.request, isLost)));
  }

  #settle(request: MutationRequest, answer: Answer): void {
    if (answer.kind === 'network-failure') this.#pending = sendAgain(this.#pending);
    else if (answer.kind === 'version-conflict') this.#openConflict(answer.current);
    else if ('version' in answer)
      this.#pending = settlePatch(this.#pending, request.clientMutationId, answer);
    else throw new Error(answer.kind);
    if (this.#pending.patches.length === 0) this.#look(this.#pending.server);
    this.#send();
  }

  #openConflict(theirs: Snapshot): void {
    const { record, base, patch } = haltForConflict(this.#pending);
    this.#pending = record;
    if (base !== undefined) {
      this.dispatch({ kind: 'refused', record: { kind: 'task', id: '17' }, base, patch, theirs });
    }
  }

  /** A request whose answer is lost has arrived. */
  #mutate({ clientMutationId: id, version, patch }: MutationRequest, isLost: boolean): Answer {
    if (version === this.#server.current.version) this.#notice(patch);
    const answer = this.#server.mutate(this.name, { id, version, patch });
    return isLost ? { kind: 'network-failure' } : answer;
  }

  #notice(patch: JsonObject): void {
    for (const field of Object.keys(patch)) {
      const stored = this.#server.current.value[field];
      const isOwn = this.typed.some(({ value }) => value === stored);
      if (stored !== this.#seen.get(field) && !isOwn)
        this.blind.push(`${field}: ${stored} over ${this.#seen.get(field)}`);
    }
  }

  #look({ value }: Snapshot): void {
    for (const [field, member] of Object.entries(value)) this.#seen.set(field, member);
  }

  #lookAt({ merge }: Conflict): void {
    // A row that only I changed tells nothing of theirs: its value there is that of the base.
    for (const { theirs } of merge.rows.filter(({ state }) => state !== 'only-mine'))
      this.#look({ version: 0, value: theirs });
  }

  #giveUp({ merge, choices }: Conflict): void {
    for (const { name, mine } of merge.rows) {
      if (choices[name]?.kind === 'theirs') for (const value of Object.values(mine)) this.givenUp.add(value);
    }
  }

  #newId(): string {
    this.#ids += 1;
    return `${this.name}${this.#ids}`;
  }
}

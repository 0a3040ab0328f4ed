/**
 * Does what `reduceConflict` says has to be done, in its order, and gives back what came of it. What it takes from a conflict to the
 * editor, and to the disk, goes through its host.
 */
import {
  type Answer,
  type Conflict,
  type ConflictContext,
  type ConflictEffect,
  type ConflictEvent,
  reduceConflict,
  retryDelayMs,
} from '@holdfast/optimistic-client';
import type { Reading } from './editor-ports.ts';
import type { Pause } from './pause.ts';

/** One kind of effect. */
export type EffectOf<Kind extends ConflictEffect['kind']> = Extract<ConflictEffect, { readonly kind: Kind }>;

export interface ConflictHost {
  readonly pause: Pause;
  read(): Promise<Reading>;
  send(effect: EffectOf<'send'> | EffectOf<'create'>): Promise<Answer>;
  /** Settles when it is on disk, or cannot be. */
  keep(effect: EffectOf<'keep-draft'>): Promise<unknown>;
  dropDraft(): void;
  discardDraft(): void;
  restoreDraft(): void;
  adopt(effect: EffectOf<'adopt'>): void;
  announce(message: EffectOf<'announce'>['message']): void;
  signIn(): Promise<boolean>;
  newId(): string;
  random(): number;
  changed(): void;
}

export class ConflictRunner {
  readonly #context: ConflictContext;
  readonly #host: ConflictHost;
  #conflict: Conflict | undefined;
  #isClosed = false;

  constructor(context: ConflictContext, host: ConflictHost) {
    this.#context = context;
    this.#host = host;
  }

  get conflict(): Conflict | undefined {
    return this.#conflict;
  }

  /** Whether it decides what becomes of the record; one that was discarded does not. */
  get isOpen(): boolean {
    return this.#conflict !== undefined && this.#conflict.phase !== 'discarded';
  }

  dispatch(event: ConflictEvent): void {
    if (this.#isClosed) return;
    const { conflict, effects } = reduceConflict(this.#context, this.#conflict, event);
    this.#conflict = conflict;
    let kept: Promise<unknown> = Promise.resolve();
    for (const effect of effects) kept = this.#run(effect, kept) ?? kept;
    this.#host.changed();
  }

  /** What was discarded is on disk only from here on: something new was saved. */
  forget(): void {
    if (!this.isOpen) this.#conflict = undefined;
  }

  /** The user is gone: nothing that comes from now on sends anything. */
  close(): void {
    this.#isClosed = true;
    this.#host.pause.cut();
  }

  /** Asks for a login, then goes on; asked again where nobody came. */
  signIn(): void {
    void this.#host.signIn().then((isBack) => {
      if (isBack) this.dispatch({ kind: 'signed-in' });
    });
  }

  #run(effect: ConflictEffect, kept: Promise<unknown>): Promise<unknown> | undefined {
    const host = this.#host;
    switch (effect.kind) {
      case 'keep-draft':
        return host.keep(effect);
      case 'read-latest':
        void this.#read(effect.atLeast);
        return undefined;
      case 'send':
      case 'create':
        void this.#send(effect, kept);
        return undefined;
      case 'wait':
        void this.#wait(effect);
        return undefined;
      case 'ask-sign-in':
        this.signIn();
        return undefined;
      default:
        this.#tell(effect);
        return undefined;
    }
  }

  #tell(effect: EffectOf<'delete-draft' | 'discard-draft' | 'restore-draft' | 'adopt' | 'announce'>): void {
    const host = this.#host;
    switch (effect.kind) {
      case 'delete-draft':
        host.dropDraft();
        break;
      case 'discard-draft':
        host.discardDraft();
        break;
      case 'restore-draft':
        host.restoreDraft();
        break;
      case 'adopt':
        host.adopt(effect);
        break;
      case 'announce':
        host.announce(effect.message);
        break;
      default:
        effect satisfies never;
    }
  }

  async #read(atLeast: number): Promise<void> {
    const reading = await this.#host.read();
    if (reading.kind === 'failed') {
      this.dispatch({ kind: 'read-failed', answer: reading.answer });
      return;
    }
    // Nobody tells the version of what is gone; it is later than every one that was seen.
    const theirs = reading.kind === 'read' ? reading.snapshot : { version: atLeast, value: undefined };
    this.dispatch({ kind: 'latest', theirs, newId: this.#host.newId() });
  }

  async #send(effect: EffectOf<'send' | 'create'>, kept: Promise<unknown>): Promise<void> {
    await kept;
    const answer = await this.#host.send(effect);
    this.dispatch({ kind: 'answered', clientMutationId: effect.clientMutationId, answer });
  }

  async #wait({ answer, attempt }: EffectOf<'wait'>): Promise<void> {
    await this.#host.pause.for(retryDelayMs(answer, attempt, this.#host.random()));
    this.dispatch({ kind: 'retry-due' });
  }
}

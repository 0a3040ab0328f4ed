/**
 * A server of one task, as the contract of mutations says, and tabs that edit it: with a disk that they share, a clock that is
 * moved by hand and a network that can be held, lost or down.
 */
import {
  createMemoryDraftStorage,
  DraftStore,
  type JsonObject,
  type Snapshot,
  type TabPresence,
} from '@holdfast/optimistic-client';
import type { Delivery, EditorPorts, Reading, SentWrite } from '../record/editor-ports.ts';
import type { RecordEditor } from '../record/record-editor.ts';
import type { RecordPart } from '../record/record-part.ts';
import { Workbench } from '../workbench/workbench.ts';

export const taskForm: RecordPart = {
  name: 'task',
  kind: 'task',
  mode: 'form',
  schema: { fields: { title: { kind: 'text' }, note: { kind: 'text' } } },
  schemaV: 1,
  validate: ({ title }) => (title === '' ? [{ path: '/title', code: 'empty' }] : []),
  write: (id, input) => ({ method: 'PATCH', path: `/tasks/${id}`, input }),
  create: (input) => ({ method: 'POST', path: '/tasks', input }),
};
export const taskState: RecordPart = {
  name: 'task/state',
  kind: 'task',
  mode: 'action',
  schema: { fields: { status: { kind: 'exact' } } },
  schemaV: 1,
  tellsOnce: ({ status }) => status === 'told once',
  write: (id, input) => ({ method: 'POST', path: `/tasks/${id}/status`, input }),
};

export type Fault = 'lost' | 'down' | 'signed-out' | 'forbidden' | 'unexpected' | 'state-conflict';

export class EditWorld {
  /** What is on the disk of the browser: drafts by key. */
  readonly disk = new Map<string, string>();
  readonly sent: SentWrite[] = [];
  readonly committed: number[] = [];
  /** What was written by those who edit. */
  readonly applied: JsonObject[] = [];
  readonly open = new Set<string>();
  server: Snapshot | undefined = { version: 41, value: { title: 'Milk', note: '', status: 'open' } };
  nowMs = 1_000_000;
  /** What happens to the next requests, one each. */
  faults: Fault[] = [];
  /** Holds the next request until it is let go. */
  hold: Promise<void> | undefined;
  signsIn = true;
  isReadable = true;
  /** Whether the disk ever answers. */
  hasDisk = true;
  readonly #receipts = new Map<string, Snapshot>();
  readonly #timers: { readonly at: number; readonly task: () => void }[] = [];
  #ids = 0;

  tab(tabId: string): Workbench {
    this.open.add(tabId);
    const presence: TabPresence = {
      claim: async (id) => !this.open.has(id) && this.open.add(id) !== undefined,
      isHeld: async (id) => this.open.has(id),
    };
    const timing = {
      nowMs: () => this.nowMs,
      after: (ms: number, task: () => void) => this.#after(ms, task),
    };
    const parts = [taskForm, taskState];
    const storage = createMemoryDraftStorage(this.disk);
    const never = new Promise<never>(() => undefined);
    const drafts = new DraftStore({
      storage: { ...storage, put: (key, draft) => (this.hasDisk ? storage.put(key, draft) : never) },
      timing,
      schemaOf: (kind) => parts.find(({ name }) => name === kind)?.schema ?? { fields: {} },
    });
    const ports: EditorPorts = {
      owner: { profile: 'panel', user: 'a1' },
      ...{ tabId, drafts, presence, ...timing },
      read: async () => this.#read(),
      send: (write) => this.#send(write),
      signIn: async () => this.signsIn,
      committed: (_record, version) => this.committed.push(version),
      newId: () => `id${++this.#ids}`,
      random: () => 0.5,
    };
    return new Workbench({ ports, parts });
  }

  /** Somebody else writes. */
  write(patch: JsonObject): void {
    const { version, value } = this.server ?? { version: 1, value: {} };
    this.server = { version: version + 1, value: { ...value, ...patch } };
  }

  /** Moves the clock, and lets everything that is due happen. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const timer of this.#timers.filter(({ at }) => at <= this.nowMs)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.task();
    }
    await settled();
  }

  /** The drafts on disk. */
  get drafts(): readonly JsonObject[] {
    return [...this.disk.values()].map((text) => JSON.parse(text) as JsonObject);
  }

  #after(ms: number, task: () => void): () => void {
    const timer = { at: this.nowMs + ms, task };
    this.#timers.push(timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  #read(): Reading {
    if (!this.isReadable) return { kind: 'failed', answer: { kind: 'network-failure' } };
    return this.server === undefined ? { kind: 'gone' } : { kind: 'read', snapshot: this.server };
  }

  async #send(write: SentWrite): Promise<Delivery> {
    this.sent.push(write);
    await this.hold;
    const fault = this.faults.shift();
    if (fault === 'down') return { answer: { kind: 'network-failure' } };
    if (fault === 'state-conflict') return { answer: { kind: fault, reason: 'NOT_ALLOWED' } };
    if (fault !== undefined && fault !== 'lost') return { answer: { kind: fault } };
    const delivery = this.#mutate(write);
    return fault === 'lost' ? { answer: { kind: 'network-failure' } } : delivery;
  }

  #mutate({ clientMutationId, version, input, method, path }: SentWrite): Delivery {
    const receipt = this.#receipts.get(clientMutationId);
    if (receipt !== undefined) return { answer: { kind: 'replayed', from: 'stored', id: '17', ...receipt } };
    if (method === 'POST' && path === '/tasks') {
      return { answer: { kind: 'applied', id: '18', version: 1, value: input } };
    }
    if (this.server === undefined) {
      return { answer: { kind: 'deleted-conflict', deleted: undefined, last: undefined } };
    }
    if (version !== this.server.version) {
      const { server: current } = this;
      return {
        answer: { kind: 'version-conflict', resource: undefined, current, changed: null, base: undefined },
      };
    }
    this.write(input);
    this.applied.push(input);
    this.#receipts.set(clientMutationId, this.server);
    return { answer: { kind: 'applied', id: '17', ...this.server } };
  }
}

/** Everything that is under way without a clock has happened. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 60; round += 1) await Promise.resolve();
}

/** A tab with the form of the task open in it. */
export async function opened(world = new EditWorld(), tabId = 'tab1') {
  const bench = world.tab(tabId);
  const editor = bench.editor(taskForm, '17');
  await editor.open();
  return { world, bench, editor };
}

/** Typed, and saved. */
export async function typed(editor: RecordEditor, patch: Record<string, string>) {
  editor.type(patch);
  editor.save();
  await settled();
}

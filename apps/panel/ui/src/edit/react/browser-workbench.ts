/**
 * A workbench with everything that a browser has: a disk, a name for the tab, other tabs, the panel. What the pages read, what the
 * server tells and what other tabs commit reaches the editors here; before a page goes away drafts are written.
 */
import { type DraftStorage, DraftStore, type RecordKey, readAnswer } from '@holdfast/optimistic-client';
import { type Me, newMutationId } from '@holdfast/panel-client';
import type { PanelData } from '../../data/panel-data.ts';
import { problemOf } from '../../data/problem.ts';
import type { Delivery, EditorPorts, Reading, SentWrite } from '../record/editor-ports.ts';
import type { RecordKind } from '../record-kind.ts';
import { chooseDraftStorage } from '../storage/choose-draft-storage.ts';
import { CommitChannel } from '../storage/commit-channel.ts';
import { browserPresence } from '../storage/tab-presence.ts';
import { nameThisTab } from '../storage/this-tab.ts';
import { Workbench } from '../workbench/workbench.ts';
import type { OpenWorkbench } from './workbench-context.tsx';

export interface BrowserWorkbenchOptions {
  readonly data: PanelData;
  readonly me: Me;
  readonly kinds: readonly RecordKind[];
  /** What is typed may not outlive the page. */
  readonly onStorageProblem: () => void;
}

/** A login that did not help is not asked for again at once. */
const betweenLoginsMs = 2_000;

export async function openBrowserWorkbench(options: BrowserWorkbenchOptions): Promise<OpenWorkbench> {
  const { data, me, kinds } = options;
  const presence = browserPresence();
  const [{ storage, isVolatile }, tabId] = await Promise.all([chooseDraftStorage(), nameThisTab(presence)]);
  const parts = kinds.flatMap((kind) => kind.parts(me.role));
  const channel = new CommitChannel();
  const ports: EditorPorts = {
    owner: { profile: 'panel', user: me.id },
    ...{ tabId, presence, ...timing },
    drafts: draftsIn(storage, { parts, onStorageProblem: options.onStorageProblem }),
    read: (record) => read(options, record),
    send: (write) => send(data, write),
    signIn: () => signIn(data, me),
    committed: ({ kind, id }, version) => {
      channel.tell({ kind, id, version });
      void refresh(data, kinds, { kind, id });
    },
    newId: newMutationId,
    random: Math.random,
  };
  const bench = new Workbench({ ports, parts });
  listen(bench, { data, kinds, channel });
  void bench.start();
  return { bench, kinds, isVolatile };
}

const timing: Pick<EditorPorts, 'nowMs' | 'after'> = {
  nowMs: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

function draftsIn(
  storage: DraftStorage,
  { parts, onStorageProblem }: { readonly parts: Workbench['parts']; readonly onStorageProblem: () => void },
): DraftStore {
  return new DraftStore({
    ...{ storage, timing, onProblem: onStorageProblem },
    schemaOf: (name) => parts.find((part) => part.name === name)?.schema ?? { fields: {} },
  });
}

async function read({ data, kinds }: BrowserWorkbenchOptions, { kind, id }: RecordKey): Promise<Reading> {
  const found = kinds.find((one) => one.kind === kind);
  if (found === undefined) return { kind: 'gone' };
  try {
    return { kind: 'read', snapshot: await found.read(data, id) };
  } catch (error) {
    const problem = problemOf(error);
    if (problem?.status === 404) return { kind: 'gone' };
    const status = problem?.status ?? 0;
    const headers =
      problem?.retryAfterMs === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(problem.retryAfterMs / 1_000)) };
    return { kind: 'failed', answer: readAnswer({ status, headers, body: problem?.problem }) };
  }
}

async function send({ client }: PanelData, write: SentWrite): Promise<Delivery> {
  const { method, path, input, clientMutationId, version } = write;
  const body = { ...input, clientMutationId, ...(version !== undefined && { version }) };
  const answer = await client.send({ method, path, body });
  const { once } = (answer.body ?? {}) as { readonly once?: Delivery['once'] };
  return { answer: readAnswer(answer), ...(once !== undefined && { once }) };
}

async function signIn({ session }: PanelData, me: Me): Promise<boolean> {
  // Refused though somebody is logged in: it is not the login that is wrong.
  if (session.snapshot().kind === 'signed-in') await new Promise((done) => setTimeout(done, betweenLoginsMs));
  try {
    return (await session.signIn()).id === me.id;
  } catch {
    // They left instead.
    return false;
  }
}

/** Lists and the record itself, after an own commit. */
async function refresh(
  { queries }: PanelData,
  kinds: readonly RecordKind[],
  { kind, id }: RecordKey,
): Promise<void> {
  const name = kinds.find((one) => one.kind === kind)?.queryName;
  if (name === undefined) return;
  const starts = [[name, id], [`${name}s`], [`${name}-history`, id]];
  await Promise.all(starts.map((queryKey) => queries.invalidateQueries({ queryKey })));
}

function listen(
  bench: Workbench,
  {
    data,
    kinds,
    channel,
  }: { readonly data: PanelData; readonly kinds: readonly RecordKind[]; readonly channel: CommitChannel },
): void {
  const kindOf = (name: unknown) => kinds.find(({ queryName }) => queryName === name)?.kind;
  const stop = [
    channel.listen((news) => {
      void bench.heard(news);
      void refresh(data, kinds, news);
    }),
    data.events.listen((event) => {
      if (event.type === 'change') void bench.heard(event);
    }),
    data.queries.getQueryCache().subscribe(({ query, type }) => {
      const [name, id] = query.queryKey;
      const kind = kindOf(name);
      if (type !== 'updated' || kind === undefined) return;
      const found = query.state.data as { readonly version: number; readonly value: object } | undefined;
      if (problemOf(query.state.error)?.status === 404) bench.told(kind, String(id), undefined);
      else if (found !== undefined) {
        bench.told(kind, String(id), { version: found.version, value: { ...found.value } });
      }
    }),
  ];
  const leaving = new AbortController();
  const { signal } = leaving;
  const flush = () => void bench.ports.drafts.flush();
  window.addEventListener('pagehide', flush, { signal });
  document.addEventListener('visibilitychange', flush, { signal });
  window.addEventListener('online', () => bench.retryNow(), { signal });
  bench.onClose(() => {
    for (const end of stop) end();
    leaving.abort();
    channel.close();
  });
}

/** Tasks and projects: kinds of resources that truth knows nothing of, in tables of their own. */
import { randomUUID } from 'node:crypto';
import { migrate, type Truth } from '@holdfast/truth-db';
import { type Kysely, sql } from 'kysely';
import {
  type Actor,
  type Creation,
  editResource,
  type Json,
  type JsonObject,
  type Mutation,
  type MutationOutcome,
  Mutations,
  type MutationsOptions,
  type ResourceKind,
  removeResource,
  tableKind,
} from '../index.ts';

export interface TaskValue {
  readonly project_id: number;
  readonly title: string;
  readonly status: string;
  readonly estimate: number | null;
  readonly notes: string;
  readonly pin: string | null;
}

export interface ProjectValue {
  readonly name: string;
}

/** Guests see the title and the status only, outsiders nothing. */
export interface TaskViewer {
  readonly role: 'editor' | 'reader' | 'guest' | 'outsider';
}

export type TaskKind = ResourceKind<TaskValue, TaskViewer>;

const textProblem = (most: number) => (value: Json) =>
  typeof value === 'string' && value.length <= most ? undefined : 'not-a-text';
const mayMutate = ({ role }: TaskViewer) => role === 'editor';

export const taskKind: TaskKind = tableKind<TaskValue, TaskViewer>({
  name: 'task',
  table: 'task',
  fields: {
    project_id: {},
    title: { check: (value) => (value === '' ? 'empty' : textProblem(200)(value)) },
    status: { check: (value) => (value === 'open' || value === 'done' ? undefined : 'not-a-status') },
    estimate: { check: (value) => (value === null || Number.isInteger(value) ? undefined : 'not-a-number') },
    notes: { check: textProblem(9_000) },
    pin: { isSecret: true, check: (value) => (value === null ? undefined : textProblem(40)(value)) },
  },
  project: ({ title, status, ...rest }, { role }) => {
    if (role === 'outsider') return undefined;
    return role === 'guest' ? { title, status } : { title, status, ...rest };
  },
  mayMutate,
  check: ({ status, estimate }) =>
    status === 'done' && estimate === null ? [{ path: '', code: 'done-without-estimate' }] : [],
  tags: ({ project_id: id }) => [`project:${id}:tasks`],
  isRemovable: true,
});

export const projectKind: ResourceKind<ProjectValue, TaskViewer> = tableKind<ProjectValue, TaskViewer>({
  name: 'project',
  table: 'project',
  fields: { name: { check: textProblem(200) } },
  project: (value, { role }) => (role === 'outsider' ? undefined : value),
  mayMutate,
});

type Tables = Kysely<{
  task: TaskValue & { readonly id: number; readonly version: number };
  project: ProjectValue & { readonly id: number; readonly version: number };
}>;

/** The tables of the tests, on the connection or in the transaction of `db`. */
export function tablesIn(db: Truth['db']): Tables {
  return db as unknown as Tables;
}

/** Migrates, and makes both tables. */
export async function makeTaskTables(truth: Truth): Promise<void> {
  await migrate(truth);
  const { schema } = truth.db;
  await schema
    .createTable('task')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('project_id', 'integer', (column) => column.notNull())
    .addColumn('title', 'varchar(200)', (column) => column.notNull())
    .addColumn('status', 'varchar(16)', (column) => column.notNull())
    .addColumn('estimate', 'integer')
    .addColumn('notes', 'varchar(9000)', (column) => column.notNull())
    .addColumn('pin', 'varchar(40)')
    .addUniqueConstraint('uq_task_title', ['project_id', 'title'])
    .execute();
  await schema
    .createTable('project')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
    .addColumn('name', 'varchar(200)', (column) => column.notNull())
    .execute();
}

/** In the order in which foreign keys let them go. */
const filled = ['mutation_receipts', 'change_log', 'tag_generations', 'task', 'project'];
const ofPanel = [
  'active_session_locks',
  'vpn_connections',
  'customers',
  'policy_triggers',
  'trigger_counters',
];
const ofGateways = ['gateway_state', 'gateways'];

/** Leaves MariaDB as it was when the tables were made. @param isPanel - whether there were customers and connections */
export async function emptyTables({ db }: Truth, isPanel: boolean): Promise<void> {
  for (const table of isPanel ? [...ofPanel, ...ofGateways, ...filled] : filled)
    await sql`delete from ${sql.table(table)}`.execute(db);
  for (const table of isPanel ? ['vpn_connections', 'customers'] : ['task'])
    await sql`alter table ${sql.table(table)} auto_increment = 1`.execute(db);
}

export const ana: Actor<TaskViewer> = actor('u1', 'Ana');
export const bruno: Actor<TaskViewer> = actor('u2', 'Bruno');

export function actor(
  principal: string,
  name: string,
  role: TaskViewer['role'] = 'editor',
): Actor<TaskViewer> {
  return { profile: 'panel', principal, name, viewer: { role } };
}

export type TaskMutation = Mutation<TaskValue, TaskViewer>;

/** An edit of task 1, based on version 1, by Ana; a new id each time unless one is given. */
export function edit(patch: JsonObject, overrides: Partial<TaskMutation> = {}): TaskMutation {
  return {
    kind: taskKind,
    id: '1',
    version: 1,
    operation: 'PATCH /v1/tasks/{id}',
    clientMutationId: randomUUID(),
    input: patch,
    actor: ana,
    change: editResource(taskKind, patch),
    ...overrides,
  };
}

export function removal(overrides: Partial<TaskMutation> = {}): TaskMutation {
  const change = removeResource(taskKind);
  return edit({}, { operation: 'DELETE /v1/tasks/{id}', input: null, change, ...overrides });
}

export function creation(
  title: string,
  overrides: Partial<Creation<TaskValue, TaskViewer>> = {},
): Creation<TaskValue, TaskViewer> {
  return {
    kind: taskKind,
    operation: 'POST /v1/tasks',
    clientMutationId: randomUUID(),
    input: { title },
    actor: ana,
    create: async ({ trx }) => {
      const { insertId } = await tablesIn(trx)
        .insertInto('task')
        .values({ ...emptyTask, title } as never)
        .executeTakeFirstOrThrow();
      return { id: String(insertId) };
    },
    ...overrides,
  };
}

export const emptyTask = { project_id: 1, status: 'open', estimate: null, notes: '', pin: null };

export interface TaskWorld {
  readonly truth: Truth;
  readonly mutations: Mutations;
  change(mutation: TaskMutation): Promise<MutationOutcome>;
  /** The row of task 1, or of another one. */
  task(id?: number): Promise<object | undefined>;
  /** All rows that a refused mutation could have touched. */
  everything(): Promise<Readonly<Record<'task' | 'receipts' | 'log' | 'tags', readonly object[]>>>;
}

/** Task 1 `Milk` and task 2 `Bread` of project 1, at version 1, in an empty database. */
export async function openTasks(
  truth: Truth,
  options: Omit<MutationsOptions, 'truth'> = {},
): Promise<TaskWorld> {
  await makeTaskTables(truth);
  return addTasks(truth, options);
}

/** The same where the tables are there and empty. */
export async function addTasks(
  truth: Truth,
  options: Omit<MutationsOptions, 'truth'> = {},
): Promise<TaskWorld> {
  const tables = tablesIn(truth.db);
  await tables
    .insertInto('project')
    .values({ name: 'Home' } as never)
    .execute();
  for (const title of ['Milk', 'Bread']) {
    await tables
      .insertInto('task')
      .values({ ...emptyTask, title } as never)
      .execute();
  }
  return tasksIn(truth, options);
}

/** The same for one that somebody has opened before. */
export function tasksIn(truth: Truth, options: Omit<MutationsOptions, 'truth'> = {}): TaskWorld {
  const mutations = new Mutations({ truth, ...options });
  const rows = async (table: string) =>
    (await sql<object>`select * from ${sql.table(table)} order by 1`.execute(truth.db)).rows;
  return {
    truth,
    mutations,
    change: (mutation) => mutations.change(mutation),
    task: (id = 1) =>
      tablesIn(truth.db).selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst(),
    everything: async () => ({
      task: await rows('task'),
      receipts: await rows('mutation_receipts'),
      log: await rows('change_log'),
      tags: await rows('tag_generations'),
    }),
  };
}

/** Another task at version 1, `Milk`, of a project of its own. */
export async function addTask({ truth }: TaskWorld, id: number): Promise<void> {
  await tablesIn(truth.db)
    .insertInto('task')
    .values({ ...emptyTask, id, project_id: id, title: 'Milk' } as never)
    .execute();
}

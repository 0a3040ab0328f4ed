/** Tasks to mutate, in a table beside truth, and one mutation of them: an edit of two fields. */
import { randomUUID } from 'node:crypto';
import { editResource, type MutationOutcome, type Mutations, tableKind } from '@holdfast/mutations';
import type { Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';

interface Task {
  readonly project_id: number;
  readonly title: string;
  readonly status: string;
  readonly notes: string;
}

export const tasks = tableKind<Task, 'editor'>({
  name: 'task',
  table: 'bench_tasks',
  fields: {
    project_id: {},
    title: { check: () => undefined },
    status: { check: () => undefined },
    notes: { check: () => undefined },
  },
  project: (value) => value,
  mayMutate: () => true,
  tags: ({ project_id: id }) => [`project:${id}:tasks`],
});

/** No edit begins below it, so that it is found among the parameters of a statement. */
export const firstVersion = 1_000_003;

export async function makeTasks(truth: Truth, count: number): Promise<void> {
  const isSqlite = truth.dialect.engine === 'sqlite';
  await sql`
    create table bench_tasks (
      id ${sql.raw(isSqlite ? 'integer' : 'bigint')} primary key, version ${sql.raw(isSqlite ? 'integer' : 'bigint')} not null,
      project_id integer not null, title varchar(200) not null, status varchar(16) not null, notes varchar(2000) not null)`.execute(
    truth.db,
  );
  await sql`create index ix_bench_tasks_project on bench_tasks (project_id)`.execute(truth.db);
  for (let id = 1; id <= count; id += 1) {
    await sql`
      insert into bench_tasks (id, version, project_id, title, status, notes)
      values (${id}, ${firstVersion}, ${Math.ceil(id / 100)}, ${'Milk'}, ${'open'}, ${'x'.repeat(200)})`.execute(
      truth.db,
    );
  }
}

export interface Edit {
  readonly id: number;
  readonly version: number;
  readonly mutationId: string;
}

export function nextEdit(id: number, version: number): Edit {
  return { id, version, mutationId: randomUUID() };
}

export async function editTask(mutations: Mutations, { id, version, mutationId }: Edit): Promise<void> {
  const patch = { title: `Milk, the ${version % 1_000}th`, status: version % 2 === 0 ? 'open' : 'done' };
  const outcome: MutationOutcome = await mutations.change({
    kind: tasks,
    id: String(id),
    version,
    operation: 'PATCH /v1/tasks/{id}',
    clientMutationId: mutationId,
    input: patch,
    actor: { profile: 'panel', principal: 'u1', name: 'Ana', viewer: 'editor' },
    change: editResource(tasks, patch),
  });
  if (outcome.kind !== 'applied') throw new Error(`the mutation is ${outcome.kind}`);
}

/** A page of a project: a hundred tasks. */
export async function listTasks(truth: Truth, projectId: number): Promise<readonly object[]> {
  const { rows } = await sql<object>`
    select id, version, title, status, notes from bench_tasks where project_id = ${projectId} order by id`.execute(
    truth.db,
  );
  return rows;
}

/** `docs/panel_api.md` and the API say the same: its routes, who may ask, its problems. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations as named, ownerMay } from '../../apps/panel/src/app/operations.ts';
import { panelProblems } from '../../apps/panel/src/app/panel-problems.ts';
import { publicRoutes } from '../../apps/panel/src/app/public-routes.ts';
import type { ApiDescription } from '../../apps/panel/src/testing/api-description.ts';
import { openPanelWorld } from '../../apps/panel/src/testing/panel-world.ts';
import { sqliteMemory, type TestDatabase } from '../../packages/mutations/src/testing/engines.ts';
import { codesOf, tablesOf } from '../docs/markdown.ts';
import { repository } from '../support/repository.ts';

const tables = tablesOf(readFileSync(join(repository, 'docs/panel_api.md'), 'utf8'));

describe('docs/panel_api.md', () => {
  let database: TestDatabase;
  let description: ApiDescription;
  beforeAll(async () => {
    database = await sqliteMemory();
    description = await (await openPanelWorld(database)).requests.description();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  it('lists every route there is', () => {
    const served = description.operations.map(({ method, path }) => `${method} ${path}`);
    expect([...routes().keys()].toSorted()).toEqual(served.toSorted());
  });

  it('says who may ask what the code says', () => {
    for (const [route, who] of routes()) {
      expect([route, who === 'anybody']).toEqual([route, publicRoutes.has(route)]);
      const isNamed = Object.values<string>(named).includes(route);
      if (isNamed) expect([route, /owner|customer/.test(who)]).toEqual([route, ownerMay.includes(route)]);
    }
  });

  it('lists every problem with its status and what to do then', () => {
    const problems = Object.values(panelProblems).map(({ type, status, retry }) => [
      type.split(/[:#]/).at(-1),
      String(status),
      retry,
    ]);
    expect(rowsUnder('Problems').map((cells) => cells.map((cell) => cell.replaceAll('`', '')))).toEqual(
      problems,
    );
  });

  function routes(): ReadonlyMap<string, string> {
    return new Map(rowsUnder('Routes').map(([route = '', who = '']) => [codesOf(route)[0] ?? '', who]));
  }
});

function rowsUnder(heading: string): readonly (readonly string[])[] {
  return tables.find((table) => table.heading === heading)?.rows ?? [];
}

/** The description of the API is whole: it resolves, it names everything once, and it tells of every route there is. */
import { describe, expect, it } from 'vitest';
import { sqliteMemory } from '../../../../packages/mutations/src/testing/engines.ts';
import type { Operation } from '../testing/api-description.ts';
import { type JsonSchema, schemaFaults } from '../testing/json-schema-faults.ts';
import { usePanelWorld } from '../testing/panel-world.ts';
import { panelProblems } from './panel-problems.ts';
import { publicRoutes } from './public-routes.ts';

describe('the description of the API', () => {
  const { world } = usePanelWorld(sqliteMemory);
  const described = () => world().requests.description();

  it('is OpenAPI 3.1, for anybody', async () => {
    const { status, body } = await world().request('GET', '/v1/openapi.json');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      openapi: '3.1.0',
      info: { title: expect.any(String), version: expect.any(String) },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    });
  });

  it('tells of every route, and of none that is not there', async () => {
    const { operations } = await described();
    const routes = world()
      .app.routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const told = operations.map(({ method, path }) => `${method} ${path}`);
    expect(told.toSorted()).toEqual([...new Set(routes)].toSorted());
    const isPublic = operations.filter(({ security }) => security?.length === 0);
    expect(new Set(isPublic.map(({ method, path }) => `${method} ${path}`))).toEqual(publicRoutes);
  });

  it('names every operation once, and every part of its path', async () => {
    const { operations } = await described();
    const names = operations.map(({ operationId }) => operationId);
    expect(names.filter((name, index) => typeof name !== 'string' || names.indexOf(name) !== index)).toEqual(
      [],
    );
    for (const { path, parameters = [], ...operation } of operations) {
      const inPath = parameters.filter((one) => one.in === 'path');
      const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([path, inPath.map(({ name }) => name)]).toEqual([path, parts]);
      expect(inPath.every(({ required }) => required === true)).toBe(true);
      expect(Object.keys(operation)).toEqual(expect.arrayContaining(['summary', 'tags', 'responses']));
    }
  });

  it('has schemas that resolve and say nothing that is not understood', async () => {
    const { operations, schemas } = await described();
    const all = [...Object.values(schemas), ...operations.flatMap(schemasOf)];
    // A value of each type goes through every branch; what does not resolve, or is a strange word, is thrown.
    for (const schema of all)
      for (const value of [null, {}, [{}], 'x', 1, true]) schemaFaults(schemas, schema, value);
    expect(all.length).toBeGreaterThan(100);
  });

  it('tells of each status which problems it can be, and of all problems there are', async () => {
    const { operations } = await described();
    const told = new Set<string>();
    for (const { responses } of operations) {
      for (const [status, { content }] of Object.entries(responses)) {
        const types = typesIn(content?.['application/problem+json']?.schema);
        for (const type of types) told.add(`${status} ${type}`);
        expect([status, types.length > 0]).toEqual([status, Number(status) >= 400]);
      }
    }
    const known = Object.values(panelProblems).map(({ status, type }) => `${status} ${type}`);
    // What has no route has no description, and no mutation of the panel takes several steps.
    const untold = ['405 urn:panel:problem:method-not-allowed', '409 urn:panel:problem:mutation-in-flight'];
    expect([...told, ...untold].toSorted()).toEqual([...new Set(known)].toSorted());
  });
});

describe('faults of a value', () => {
  const schemas = {
    Base: { type: 'object', properties: { a: { type: 'integer', minimum: 1 } }, required: ['a'] },
  };
  const whole = {
    allOf: [{ $ref: '#/components/schemas/Base' }, { type: 'object', properties: { b: { type: 'string' } } }],
  };
  it.each([
    [{ a: 1, b: 'x' }, []],
    [{ a: 0 }, ['/a: is out of range']],
    [{ b: 'x' }, ['/a: is missing']],
    [{ a: 1, c: 1 }, ['/c: is not described']],
    [{ a: '1' }, ['/a: is no integer']],
  ])('%j are found', (value, faults) => {
    expect(schemaFaults(schemas, whole, value)).toEqual(faults);
  });

  it('are not looked for by a schema that is not understood', () => {
    expect(() => schemaFaults({}, { type: 'object', contains: {} }, {})).toThrow(/contains/);
    expect(() => schemaFaults({}, { $ref: '#/components/schemas/Gone' }, {})).toThrow(/Gone/);
  });
});

function schemasOf({ parameters = [], requestBody, responses }: Operation): readonly JsonSchema[] {
  const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
  return [
    ...parameters.map(({ schema }) => schema),
    ...contents.flatMap((content) => Object.values(content ?? {}).map(({ schema }) => schema)),
  ];
}

/** The types of problems that a schema admits. */
function typesIn(schema: unknown): readonly string[] {
  const found = [...JSON.stringify(schema ?? null).matchAll(/"type":\{"type":"string","enum":(\[[^\]]*\])/g)];
  return found.flatMap(([, list = '[]']) => JSON.parse(list) as string[]);
}

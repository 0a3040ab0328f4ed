/** Ids of mutations, made where there is no secure context. */
import { expect, it } from 'vitest';
import { newMutationId } from './mutation-id.ts';

it('an id is a UUID of version 4 in small letters, and a new one each time', () => {
  const ids = Array.from({ length: 200 }, newMutationId);
  expect(
    ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toEqual([]);
  expect(new Set(ids).size).toBe(200);
});

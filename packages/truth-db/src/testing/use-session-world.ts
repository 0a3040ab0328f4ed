import { afterEach, beforeEach } from 'vitest';
import { createSessionWorld, type MakeDatabase, type SessionWorld } from './session-world.ts';

/** To be called inside a suite: each of its tests has a world of its own. */
export function useSessionWorld(make: MakeDatabase): () => SessionWorld {
  let world: SessionWorld;
  beforeEach(async () => {
    world = await createSessionWorld(make);
  });
  afterEach(() => world[Symbol.asyncDispose]());
  return () => world;
}

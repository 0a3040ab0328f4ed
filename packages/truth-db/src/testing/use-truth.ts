import { afterEach, beforeEach } from 'vitest';
import { migrate, type Truth } from '../index.ts';

/**
 * To be called inside a suite: each of its tests has a migrated truth without rows.
 *
 * @param open - an empty database
 */
export function useTruth(open: () => Promise<Truth>): () => Truth {
  let truth: Truth;
  beforeEach(async () => {
    truth = await open();
    await migrate(truth);
  });
  afterEach(() => truth.close());
  return () => truth;
}

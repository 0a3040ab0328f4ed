import { afterEach, beforeEach, expect } from 'vitest';
import { nothingLeft, TargetFile } from './target-file.ts';

/**
 * To be called inside a suite: each of its tests has a file of its own, and fails when a writer leaves something behind.
 *
 * @param begin - is told the file before each test
 */
export function useTargetFile(begin: (file: TargetFile) => void): void {
  let file: TargetFile;
  beforeEach(() => {
    file = new TargetFile();
    begin(file);
  });
  afterEach(() => expect(file.remove()).toEqual(nothingLeft));
}

/**
 * For the environment of processes that get none of ours: where Node keeps compiled code, when the suite was given a place.
 * A process that is run from its sources starts in a third of the time with it; one that is killed has to flush it before.
 */
export const compileCache: Readonly<Record<string, string>> =
  process.env.NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };

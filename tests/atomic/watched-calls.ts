/**
 * Tells of every call to the file system right before it happens: those of our port, and those that write-file-atomic
 * makes on its own. Whoever is told may throw, which fails the call, or end the process.
 */
import fs from 'node:fs';
import { type FilePort, nodeFilePort } from '../../packages/atomic-writer/src/index.ts';

type Before = (name: string) => void;

/** The real port, or one that has more calls, watched. */
export function watchedPort(before: Before): FilePort;
export function watchedPort<Port extends FilePort>(before: Before, port: Port): Port;
export function watchedPort(before: Before, port: FilePort = nodeFilePort): FilePort {
  const members = Object.entries(port).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    const call = (...parameters: unknown[]) => {
      before(name);
      return Reflect.apply(member, undefined, parameters);
    };
    return [name, call];
  });
  return Object.fromEntries(members);
}

/** What the library calls; each exists with a callback and blocking. */
const libraryCalls = [
  'open',
  'write',
  'fsync',
  'close',
  'chown',
  'chmod',
  'rename',
  'unlink',
  'stat',
  'realpath',
];

/** `node:fs` as the library sees it: a mutable object, which our own imports by name do not go through. */
const library = fs as unknown as Record<string, (...parameters: unknown[]) => unknown>;

/** Watches the library's calls on files below `directory`, until disposed of; `readFileSync` of a test is one too. */
export function watchLibrary(directory: string, before: Before): Disposable {
  const originals = new Map<string, (...parameters: unknown[]) => unknown>();
  const descriptors = new Set<unknown>();
  for (const name of libraryCalls.flatMap((call) => [call, `${call}Sync`])) {
    const original = library[name];
    if (original === undefined) continue;
    originals.set(name, original);
    library[name] = (...parameters) => {
      const [file] = parameters;
      const isOurs = typeof file === 'string' ? file.startsWith(directory) : descriptors.has(file);
      if (!isOurs) return Reflect.apply(original, fs, parameters);
      before(`library ${name}`);
      const result = Reflect.apply(original, fs, noting(name, parameters, descriptors));
      if (name === 'openSync') descriptors.add(result);
      return result;
    };
  }
  return {
    [Symbol.dispose]: () => {
      for (const [name, original] of originals) library[name] = original;
    },
  };
}

function noting(name: string, parameters: unknown[], descriptors: Set<unknown>): unknown[] {
  if (name === 'close' || name === 'closeSync') descriptors.delete(parameters[0]);
  const callback = parameters.at(-1);
  if (name !== 'open' || typeof callback !== 'function') return parameters;
  const note = (error: unknown, descriptor: unknown) => {
    if (error === null) descriptors.add(descriptor);
    callback(error, descriptor);
  };
  return [...parameters.slice(0, -1), note];
}

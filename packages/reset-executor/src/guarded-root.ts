/**
 * The directory whose files are reset, and the only way from a path in a plan to a path on disk. Nothing outside can be
 * named: no `..`, no absolute path, no NUL, no link on the way; and nothing that a rename cannot move into the trash:
 * no mount point, no other device. The answer is a snapshot; it is asked again right before each effect.
 *
 * Does not promise: protection from somebody who can write in the directory itself.
 */
import { dirname, join } from 'node:path';
import { isMountPoint } from '@holdfast/atomic-writer';
import { HoldfastError } from '@holdfast/base';
import { refusedPath, unreadable } from './reset-failure.ts';
import type { FileIdentity, ResetPort } from './reset-port.ts';

const trashName = '.trash';

export class GuardedRoot {
  /** Absolute, without links. */
  readonly path: string;
  readonly trashPath: string;
  readonly #port: ResetPort;
  readonly #device: string;
  readonly #mountTable: string;

  /** @throws HoldfastError STATE_DIRECTORY - it is missing or no directory */
  constructor(port: ResetPort, directory: string) {
    this.#port = port;
    try {
      this.path = port.resolve(directory);
      const facts = port.identify(this.path);
      if (facts?.kind !== 'directory') throw new Error('it is no directory');
      this.#device = facts.device;
      this.#mountTable = port.mountTable();
    } catch (cause) {
      throw new HoldfastError(
        'STATE_DIRECTORY',
        `the directory of the guarded files, ${directory}, is missing`,
        {
          cause,
          details: { path: directory },
        },
      );
    }
    this.trashPath = join(this.path, trashName);
  }

  /**
   * The absolute path of `path`, which is a regular file or nothing.
   *
   * @param path - relative to the root, with forward slashes
   * @throws HoldfastError TARGET_REFUSED - it leads out, through a link, or to something that cannot be moved
   * @throws HoldfastError READ_FAILED - it cannot be examined
   */
  locate(path: string): string {
    const segments = segmentsOf(path);
    let at = this.path;
    for (const segment of segments.slice(0, -1)) {
      at = join(at, segment);
      const facts = this.#identify(at);
      if (facts === undefined) return join(this.path, ...segments);
      if (facts.kind !== 'directory') throw refusedPath(path, `leads through ${at}, which is no directory`);
      this.#refuseForeign(path, at, facts);
    }
    const absolute = join(at, segments.at(-1) ?? '');
    const facts = this.#identify(absolute);
    if (facts === undefined) return absolute;
    if (facts.kind !== 'file') throw refusedPath(path, refusals[facts.kind]);
    this.#refuseForeign(path, absolute, facts);
    return absolute;
  }

  /** @throws HoldfastError TARGET_REFUSED - what is to be put at `path` has no directory to be put into */
  requireDirectoryOf(path: string): void {
    const directory = dirname(this.locate(path));
    if (this.#identify(directory) === undefined) throw refusedPath(path, 'has no directory to be put into');
  }

  /** @throws HoldfastError TARGET_REFUSED - there is a trash, and it is no private directory of this file system */
  hasTrash(): boolean {
    const facts = this.#identify(this.trashPath);
    if (facts === undefined) return false;
    if (facts.kind !== 'directory') throw refusedPath(this.trashPath, 'is no directory');
    this.#refuseForeign(this.trashPath, this.trashPath, facts);
    return true;
  }

  #identify(path: string): FileIdentity | undefined {
    try {
      return this.#port.identify(path);
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }

  #refuseForeign(path: string, at: string, facts: FileIdentity): void {
    if (facts.device === this.#device && !isMountPoint(this.#mountTable, at)) return;
    const place = at.endsWith(path) ? 'is' : `lies in ${at}, which is`;
    throw refusedPath(
      path,
      `${place} a mount point or another file system, so it cannot be moved into the trash`,
    );
  }
}

const refusals = {
  symlink: 'is a symbolic link',
  directory: 'is a directory',
  other: 'is not a regular file',
} as const;

function segmentsOf(path: string): readonly string[] {
  if (path.includes('\0')) throw refusedPath(JSON.stringify(path), 'contains NUL');
  const segments = path.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw refusedPath(JSON.stringify(path), 'is not a plain path inside the directory');
  }
  if (segments[0] === trashName) throw refusedPath(path, 'is in the trash');
  return segments;
}

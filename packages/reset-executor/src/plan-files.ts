/**
 * Looks at every file of a request and says what would happen to it. A document takes its last good generation with it:
 * left behind, a reader would serve that in place of what was removed.
 */
import { HoldfastError } from '@holdfast/base';
import { encodeDocument } from '@holdfast/state';
import { absent, type FoundFile, findFile } from './found-file.ts';
import type { GuardedRoot } from './guarded-root.ts';
import { refusedPath } from './reset-failure.ts';
import type { PlannedContent, PlannedFile, ResetAction } from './reset-plan.ts';
import type { ResetPort } from './reset-port.ts';

const privateMode = 0o600;

/** @throws HoldfastError TARGET_REFUSED, READ_FAILED, DOCUMENT_INVALID, DOCUMENT_NEWER - nothing was planned */
export async function planFiles(
  port: ResetPort,
  root: GuardedRoot,
  actions: readonly ResetAction[],
): Promise<readonly PlannedFile[]> {
  const files: PlannedFile[] = [];
  for (const action of actions) files.push(...(await planAction(port, root, action)));
  const paths = files.map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw refusedPath(twice, 'is named twice');
  return files;
}

/** The last good generation first: the other way round, a reader in between would meet it as the document. */
async function planAction(
  port: ResetPort,
  root: GuardedRoot,
  action: ResetAction,
): Promise<readonly PlannedFile[]> {
  const isDocument = action.kind === 'remove' ? (action.isDocument ?? true) : 'value' in action;
  const { path } = action;
  const before = await findFile(port, root.locate(path), isDocument);
  if (!isDocument) return [planFile(root, action, before, absent)];
  const companion = `${path}.last-good`;
  const lastGood = await findFile(port, root.locate(companion), true);
  return [planRemoval(companion, lastGood), planFile(root, action, before, lastGood)];
}

function planRemoval(path: string, before: FoundFile): PlannedFile {
  return { path, action: before.kind === 'absent' ? 'absent' : 'remove', before };
}

function planFile(
  root: GuardedRoot,
  action: ResetAction,
  before: FoundFile,
  lastGood: FoundFile,
): PlannedFile {
  const { path } = action;
  if (action.kind === 'remove') return planRemoval(path, before);
  root.requireDirectoryOf(path);
  const mode = (action.mode ?? (before.kind === 'absent' ? privateMode : before.mode)) & 0o777;
  const bytes = 'value' in action ? documentBytes(action, before, lastGood) : action.content;
  return { path, action: 'replace', before, content: asContent(bytes, mode) };
}

function asContent(bytes: string | Uint8Array, mode: number): PlannedContent {
  if (typeof bytes === 'string') return { encoding: 'utf8', data: bytes, mode };
  return { encoding: 'base64', data: Buffer.from(bytes).toString('base64'), mode };
}

type DocumentReplacement = Extract<ResetAction, { value: unknown }>;

function documentBytes(action: DocumentReplacement, before: FoundFile, lastGood: FoundFile): string {
  const { path, value, version = 1 } = action;
  requireNotNewer(path, before, version);
  const json = JSON.stringify(value);
  if (json === undefined) {
    throw new HoldfastError('DOCUMENT_INVALID', `${path} would get a value that has no JSON form`, {
      details: { path },
    });
  }
  return Buffer.from(encodeDocument(json, nextGeneration(path, before, lastGood), version)).toString('utf8');
}

/** Who plans a value of an older version does not know what it would lose, or forgot to say which version it has. */
function requireNotNewer(path: string, before: FoundFile, known: number): void {
  if (before.kind !== 'file' || before.document?.kind !== 'good') return;
  const found = before.document.version;
  if (found <= known) return;
  throw new HoldfastError('DOCUMENT_NEWER', `${path} is of version ${found}, its new value of ${known}`, {
    details: { path, found, known },
  });
}

/**
 * One more than any generation that a reader can have seen, as StateReader counts: the last good one is at most one
 * behind. When neither is whole nobody knows, and counting starts again.
 */
function nextGeneration(path: string, before: FoundFile, lastGood: FoundFile): number {
  const generation = generationOf(path, before);
  if (generation !== undefined) return generation + 1;
  const earlier = generationOf(path, lastGood);
  return earlier === undefined ? 1 : earlier + 2;
}

function generationOf(path: string, found: FoundFile): number | undefined {
  if (found.kind !== 'file' || found.document === undefined) return undefined;
  if (found.document.kind === 'good') return found.document.generation;
  if (found.document.kind === 'damaged') return undefined;
  throw new HoldfastError('DOCUMENT_NEWER', `${path} was written by a newer version`, {
    details: { path, format: found.document.format },
  });
}

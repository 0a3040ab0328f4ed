/** What has to be on disk before what, as the file system is asked for it. A crash between two steps relies on it. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResetExecutor } from './reset-executor.ts';
import type { ResetRequest } from './reset-plan.ts';
import { nodeResetPort, type ResetPort } from './reset-port.ts';

describe('a reset', () => {
  let root: string;
  let port: { readonly fs: ResetPort; readonly steps: string[] };
  const held = fakeHeld();

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-order-')));
    port = recordingPort(root);
    for (const name of ['removed', 'replaced']) writeFileSync(join(root, name), name);
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const request: ResetRequest = {
    reason: { kind: 'manual', scope: 'test' },
    scope: 'test',
    actions: [
      { kind: 'remove', path: 'removed', isDocument: false },
      { kind: 'replace', path: 'replaced', content: 'new' },
    ],
  };

  it('is prepared and flushed, committed and flushed, done and flushed, and then closed', async () => {
    await new ResetExecutor({ directory: root, fs: port.fs }).reset(request, held);
    expect(port.steps).toEqual([
      'flush root',
      'link replaced → ID.disposable/old-1',
      'flush ID.disposable/temp',
      'rename ID.disposable/temp → ID.disposable/new-1',
      'flush ID.disposable/temp',
      'rename ID.disposable/temp → ID.disposable/journal.json',
      'flush ID.disposable',
      'rename ID.disposable → ID',
      'flush .trash',
      'rename removed → ID/old-0',
      'rename ID/new-1 → replaced',
      'flush ID',
      'flush root',
      'flush ID/temp',
      'rename ID/temp → ID/journal.json',
      'flush ID',
    ]);
  });

  it('is pruned by one rename that is flushed before anything is deleted', async () => {
    const executor = new ResetExecutor({ directory: root, fs: port.fs });
    await executor.reset(request, held);
    port.steps.length = 0;
    await executor.prune({ keep: 0 }, held);
    const [rename, flush, ...deletions] = port.steps;
    expect([rename, flush]).toEqual(['rename ID → ID.disposable', 'flush .trash']);
    expect(deletions.toSorted()).toEqual([
      'unlink ID.disposable/journal.json',
      'unlink ID.disposable/old-0',
      'unlink ID.disposable/old-1',
    ]);
  });
});

/** Says of every effect what it does to which name, without ids and random bits. */
function recordingPort(root: string): { readonly fs: ResetPort; readonly steps: string[] } {
  const steps: string[] = [];
  const names = new Map<number, string>();
  const short = (path: string) => {
    const name = path.endsWith('.holdfast-tmp') ? 'temp' : basename(path);
    const text = /\.trash\/./.test(path) ? join(basename(dirname(path)), name) : name;
    return path === root ? 'root' : text.replace(/^\.trash\//, '').replace(/\d{8}T\d{9}Z-\w+-\w+/, 'ID');
  };
  const opening = (open: (path: string) => number) => (path: string) => {
    const descriptor = open(path);
    names.set(descriptor, short(path));
    return descriptor;
  };
  const fs: ResetPort = {
    ...nodeResetPort,
    create: opening(nodeResetPort.create),
    openDirectory: opening(nodeResetPort.openDirectory),
    flushLater: async (descriptor) => {
      steps.push(`flush ${names.get(descriptor)}`);
      await nodeResetPort.flushLater(descriptor);
    },
    rename: (from, to) => {
      steps.push(`rename ${short(from)} → ${short(to)}`);
      nodeResetPort.rename(from, to);
    },
    link: (from, to) => {
      steps.push(`link ${short(from)} → ${short(to)}`);
      nodeResetPort.link(from, to);
    },
    unlink: (path) => {
      steps.push(`unlink ${short(path)}`);
      nodeResetPort.unlink(path);
    },
  };
  return { fs, steps };
}

/** What a plan of a reset says, and what it refuses. On a real directory. */
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResetExecutor } from './reset-executor.ts';
import { nodeResetPort, type ResetPort } from './reset-port.ts';
import { GuardedFiles, reason, removal, request } from './testing/guarded-files.ts';

describe('a plan', () => {
  let files: GuardedFiles;
  let root: string;
  let executor: ResetExecutor;
  const at = (path: string) => files.at(path);
  const put = (path: string, ...values: readonly unknown[]) => files.put(path, ...values);

  beforeEach(() => {
    files = new GuardedFiles();
    ({ root, executor } = files);
  });

  afterEach(() => files.remove());

  it('names generation, size, digest and mode of every file, and writes nothing', async () => {
    await put('doc', 1, 2);
    const plan = await executor.plan(request({ kind: 'remove', path: 'doc' }));
    expect(plan).toMatchObject({
      reason,
      scope: 'test',
      files: [
        { path: 'doc.last-good', action: 'remove', before: { document: { kind: 'good', generation: 1 } } },
        {
          path: 'doc',
          action: 'remove',
          before: {
            sizeBytes: statSync(at('doc')).size,
            mode: 0o600,
            sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
            document: { kind: 'good', generation: 2 },
          },
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(readdirSync(root).toSorted()).toEqual(['doc', 'doc.last-good']);
  });

  it('tells absent, damaged, newer and unreadable apart', async () => {
    writeFileSync(at('damaged'), 'x');
    writeFileSync(at('newer'), '{"format":99}\n');
    writeFileSync(at('unreadable'), 'x');
    const openFile = (path: string) => {
      if (path.endsWith('unreadable')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      return nodeResetPort.openFile(path);
    };
    const failing = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, openFile } });
    const paths = ['absent', 'damaged', 'newer', 'unreadable'];
    const { files } = await failing.plan(
      request(...paths.map((path) => ({ kind: 'remove', path }) as const)),
    );
    expect(files.filter(({ path }) => paths.includes(path))).toMatchObject([
      { action: 'absent', before: { kind: 'absent' } },
      { action: 'remove', before: { document: { kind: 'damaged' } } },
      { action: 'remove', before: { document: { kind: 'newer', format: 99 } } },
      { action: 'remove', before: { kind: 'unreadable', errno: 'EIO', sizeBytes: 1 } },
    ]);
  });

  it.each(['', '/etc/passwd', '../x', 'a/../../x', './x', 'a//b', 'a/', '.', '..', 'x\0y', '.trash/x'])(
    'refuses the path %j',
    async (path) => {
      await expect(executor.plan(request(removal(path)))).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
    },
  );

  it.each([
    ['a link', () => symlinkSync('/etc/passwd', at('x')), 'x'],
    ['a dangling link', () => symlinkSync('nowhere', at('x')), 'x'],
    ['a directory', () => mkdirSync(at('x')), 'x'],
    ['a path through a link', () => symlinkSync(tmpdir(), at('d')), 'd/x'],
    ['a path through a file', () => writeFileSync(at('d'), ''), 'd/x'],
    ['a new file without a directory', () => undefined, 'd/x'],
  ])('refuses %s', async (_, arrange, path) => {
    arrange();
    const plan = executor.plan(request({ kind: 'replace', path, content: '' }));
    await expect(plan).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
  });

  it('refuses a file that is named twice, and one on another device', async () => {
    writeFileSync(at('a'), '');
    const twice = executor.plan(request(removal('a'), { kind: 'replace', path: 'a', content: '' }));
    await expect(twice).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
    const identify: ResetPort['identify'] = (path) => {
      const identity = nodeResetPort.identify(path);
      return identity !== undefined && path === at('a') ? { ...identity, device: 'other' } : identity;
    };
    const other = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, identify } });
    await expect(other.plan(request(removal('a')))).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
  });

  it('refuses a missing directory, a value without JSON form and a newer format', async () => {
    const missing = new ResetExecutor({ directory: at('missing') });
    await expect(missing.plan(request(removal('a')))).rejects.toMatchObject({ code: 'STATE_DIRECTORY' });
    const value = { kind: 'replace', path: 'doc', value: undefined } as const;
    await expect(executor.plan(request(value))).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    writeFileSync(at('doc'), '{"format":99}\n');
    const newer = executor.plan(request({ ...value, value: 1 }));
    await expect(newer).rejects.toMatchObject({ code: 'DOCUMENT_NEWER' });
  });
});

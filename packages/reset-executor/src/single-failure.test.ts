/** One call of a reset, or all from one on, fails, every one in turn: old or new, as one, and nothing is left behind. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResetExecutor } from './reset-executor.ts';
import { nodeResetPort, type ResetPort } from './reset-port.ts';
import { crashAt, type Fault, failingPort, oneFault } from './testing/failing-reset-port.ts';

const held = fakeHeld();
const request = {
  reason: { kind: 'manual', scope: 'test' },
  scope: 'test',
  actions: [
    { kind: 'remove', path: 'removed', isDocument: false },
    { kind: 'replace', path: 'sub/replaced', content: 'new' },
    { kind: 'replace', path: 'created', content: 'created' },
  ],
} as const;
const old = { removed: 'old', 'sub/replaced': 'old' };
const fresh = { created: 'created', 'sub/replaced': 'new' };
/** A failure needs no disk: what reaches it and when is another test's subject. */
const links: ResetPort = { ...nodeResetPort, flushLater: async () => undefined };
const linkless: ResetPort = {
  ...links,
  link: () => {
    throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
  },
};

/** Node lets every call fail; where the same code runs on Bun, every third has to do. */
const stride = process.versions.bun === undefined ? 1 : 3;

describe('a reset of which one call fails', () => {
  let root: string;

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-reset-failure-')));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const arrange = () => {
    rmSync(root, { recursive: true });
    mkdirSync(join(root, 'sub'), { recursive: true });
    for (const [path, text] of Object.entries(old)) writeFileSync(join(root, path), text);
  };
  const state = () => readState(root);
  const healthy = () => new ResetExecutor({ directory: root, fs: links });

  /** Runs `act` with every call failing in turn, and looks at what is left each time. */
  const everyCall = async (
    base: ResetPort,
    faultAt: (call: number) => Fault,
    act: (executor: ResetExecutor) => Promise<unknown>,
    check: (failed: string | undefined, error: unknown) => Promise<void>,
  ) => {
    let isThrough = false;
    for (let failAt = 1; !isThrough; failAt += stride) {
      arrange();
      const port = failingPort(faultAt(failAt), base);
      const error = await act(new ResetExecutor({ directory: root, fs: port.fs })).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      isThrough = port.failed === undefined;
      await check(port.failed && `${failAt} ${port.failed}`, error);
      expect(port.open, `descriptors after ${port.failed}`).toBe(0);
      expect(leftBehind(root), `left after ${port.failed}`).toEqual([]);
    }
  };

  const checkOutcome = async (failed: string | undefined, error: unknown) => {
    const isUnfinished = isHoldfastError(error, 'RESET_UNFINISHED');
    if (error === undefined) expect(state(), failed).toEqual(fresh);
    else expect(error, failed).toMatchObject({ code: expect.any(String), hint: expect.any(String) });
    if (error !== undefined && !isUnfinished) expect([state(), leftBehind(root)], failed).toEqual([old, []]);
    await healthy().resume(held);
    if (isUnfinished) expect([old, fresh], failed).toContainEqual(state());
  };

  /** What is listed fits to what is there, and leads back to it. */
  const checkUndo = async (failed: string | undefined) => {
    const resets = await healthy().list();
    const statuses = resets.map(({ status }) => status);
    expect(statuses, failed).toEqual('created' in state() ? ['undoable'] : []);
    for (const { id } of resets) await healthy().undo(id, held);
    expect(state(), failed).toEqual(old);
  };

  for (const [name, base] of Object.entries({ links, 'no links': linkless })) {
    it.each(base === linkless ? ['ENOSPC', 'EIO'] : ['ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'EROFS'])(
      `%s, with ${name}: an error means old, or unfinished until resumed`,
      async (errno) => {
        const outcomes = new Set<string>();
        await everyCall(
          base,
          (call) => oneFault(call, errno),
          (executor) => executor.reset(request, held),
          async (failed, error) => {
            await checkOutcome(failed, error);
            await checkUndo(failed);
            outcomes.add(isHoldfastError(error) ? error.code : 'done');
          },
        );
        expect([...outcomes]).toEqual(expect.arrayContaining(['RESET_UNFINISHED', 'WRITE_FAILED', 'done']));
      },
    );

    it(`and everything after it, with ${name}: the resume completes what was committed`, async () => {
      const states = new Set<string>();
      await everyCall(
        base,
        crashAt,
        (executor) => executor.reset(request, held),
        async (failed) => {
          for (const [path, text] of Object.entries(state())) {
            expect(
              [old, fresh].map((each) => Reflect.get(each, path)),
              failed,
            ).toContain(text);
          }
          await healthy().resume(held);
          expect([old, fresh], failed).toContainEqual(state());
          states.add(JSON.stringify(state()));
        },
      );
      expect(states.size).toBe(2);
    });

    it(`and everything after it during the undo, with ${name}: undone as a whole or not at all`, async () => {
      const states = new Set<string>();
      await everyCall(
        base,
        crashAt,
        async (executor) => {
          const { id } = await healthy().reset(request, held);
          await executor.undo(id, held);
        },
        async (failed) => {
          await healthy().resume(held);
          expect([old, fresh], failed).toContainEqual(state());
          states.add(JSON.stringify(state()));
        },
      );
      expect(states.size).toBe(2);
    });

    it(`and everything after it while it is taken back, with ${name}: old or new after all`, async () => {
      const states = new Set<string>();
      await everyCall(
        refusing(base, 'created'),
        crashAt,
        (executor) => executor.reset(request, held),
        async (failed) => {
          await healthy().resume(held);
          expect([old, fresh], failed).toContainEqual(state());
          states.add(JSON.stringify(state()));
          await checkUndo(failed);
        },
      );
      expect(states.size).toBe(2);
    });
  }

  it('a prune of which a call fails deletes a generation as a whole, or the next one does', async () => {
    await everyCall(
      links,
      crashAt,
      async (executor) => {
        await healthy().reset(request, held);
        await executor.prune({ keep: 0 }, held);
      },
      async (failed) => {
        expect(state(), failed).toEqual(fresh);
        const [reset] = await healthy().list();
        if (reset !== undefined) await healthy().undo(reset.id, held);
        expect(state(), failed).toEqual(reset === undefined ? fresh : old);
        await healthy().prune({ keep: 0 }, held);
        expect(readdirSync(join(root, '.trash'))).toEqual([]);
      },
    );
  });
});

/** A system that does not let a file be put at `name`. */
function refusing(base: ResetPort, name: string): ResetPort {
  const rename: ResetPort['rename'] = (from, to) => {
    if (to.endsWith(`/${name}`)) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    base.rename(from, to);
  };
  return { ...base, rename };
}

function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

function readState(root: string): Readonly<Record<string, string>> {
  const paths = filesOf(root).filter((path) => !path.startsWith('.trash/'));
  return Object.fromEntries(paths.toSorted().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** Disposable directories, staged files and temporary ones outside of them. */
function leftBehind(root: string): readonly string[] {
  const trash = existsSync(join(root, '.trash')) ? readdirSync(join(root, '.trash')) : [];
  const staged = filesOf(root).filter((path) => /\/new-\d+$|^[^/]*\.holdfast-tmp$|^sub\/\./.test(path));
  return [...trash.filter((name) => name.endsWith('.disposable')), ...staged];
}

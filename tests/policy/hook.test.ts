/** The hook itself: what it needs, what it writes, and that it harms nobody who calls it. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { onTerminal } from '../lock-command/terminal.ts';
import { counts } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { runProcess } from '../support/run-process.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { eventOf, hook, hookWorld, runHook } from './hook-world.ts';

const seed = Date.now() % 2 ** 31;
const harmless = { status: 0, signal: null, said: '' };

describe('a hook', () => {
  let directory: TemporaryDirectory;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    return () => directory[Symbol.asyncDispose]();
  });
  const about = ['event', 'up', 'user=ana', 'session=7', 'framed_ip=198.51.100.6'];

  it('writes one private event with an empty environment, and nothing else', async () => {
    expect(await runHook(['--spool', directory.path, '--gateway', 'gw1', ...about])).toMatchObject(harmless);
    const [name = '', ...others] = readdirSync(directory.path);
    expect(name).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.event$/);
    expect(others).toEqual([]);
    expect(eventOf(join(directory.path, name))).toMatchObject({
      source: 'event',
      verb: 'up',
      user: 'ana',
      session: '7',
      framedIp: '198.51.100.6',
      gateway: 'gw1',
      boot: { id: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '') },
    });
  });

  it('leaves stdin to whoever called it', async () => {
    const script = `"$0" --spool "$1" event up user=ana session=7; cat`;
    const said = await runProcess('/bin/sh', ['-c', script, hook, directory.path], {
      input: 'for the caller\n',
    });
    expect(said).toMatchObject({ status: 0, stdout: 'for the caller\n' });
  });

  it('takes spool and gateway from the file beside it', async () => {
    const program = join(directory.path, 'here');
    symlinkSync(hook, program);
    writeFileSync(`${program}.conf`, `# ours\nspool=${directory.path}\ngateway=gw9\n`);
    expect(await runHook(about, { program })).toMatchObject(harmless);
    const [name = ''] = readdirSync(directory.path).filter((one) => one.endsWith('.event'));
    expect(eventOf(join(directory.path, name))).toMatchObject({ gateway: 'gw9' });
  });

  it.each([
    ['no source', []],
    ['an unknown source', ['carrier-pigeon']],
    ['an option without a value', ['--spool']],
    ['an unknown option', ['--frobnicate', 'event']],
    ['an unknown verb', ['event', 'sideways', 'user=a', 'session=1']],
    ['an unknown key', ['event', 'up', 'user=a', 'session=1', 'shoe=44']],
    ['no user', ['event', 'up', 'session=1']],
  ])('that a daemon calls with %s ends with 0 and says nothing', async (_, args) => {
    expect(
      await runHook(['--spool', directory.path, ...args].slice(args[0] === '--spool' ? 2 : 0)),
    ).toMatchObject(harmless);
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it.skipIf(isMissing('script'))(
    'that a person calls wrongly says how it is called, and ends with 64',
    async () => {
      const run = onTerminal(120, [hook, 'carrier-pigeon']);
      expect(await run.status).toBe(64);
      expect(run.output()).toContain('Usage: vpn-policy-hook');
    },
  );

  it('names every program by its path', () => {
    const script = readFileSync(hook, 'utf8');
    const programs = new Set(script.match(/(?<![\w.$"}/*])\/(?:usr\/)?s?bin\/[\w.-]+/g));
    expect([...programs].toSorted()).toEqual([
      '/bin/mv',
      '/bin/rm',
      '/bin/sh',
      '/usr/bin/logger',
      '/usr/bin/rename.ul',
      '/usr/bin/timeout',
      '/usr/bin/vpn-policy-apply',
    ]);
  });

  it.skipIf(isMissing('strace'))('starts one process on its way, which renames', async () => {
    const log = join(directory.path, 'calls');
    const trace = [
      '-f',
      '-e',
      'trace=execve,rename,renameat2',
      '-o',
      log,
      hook,
      '--spool',
      directory.path,
      ...about,
    ];
    expect(await runProcess('strace', trace)).toMatchObject({ status: 0 });
    const calls = readFileSync(log, 'utf8').match(/execve|rename(?:at2)?(?=\()/g);
    expect(calls).toEqual(['execve', 'execve', expect.stringContaining('rename')]);
  });

  it.skipIf(isMissing('root', 'unshare'))('renames by mv where there is nothing smaller', async () => {
    const script = 'mount --bind /dev/null /usr/bin/rename.ul && exec "$@"';
    const args = ['-m', '/bin/sh', '-c', script, 'sh', hook, '--spool', directory.path, ...about];
    expect(await runProcess('unshare', args)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(readdirSync(directory.path)).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.event$/)]);
  });
});

describe('a value', () => {
  it.each(['dash', 'bash'])(
    `is read as %s wrote it, whatever bytes it has (seed ${seed})`,
    async (shell) => {
      await using world = await hookWorld();
      const write = async (bytes: Uint8Array) => {
        const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
        const script = `v=$(printf "$2."); exec env -i ${shell} "$0" --spool "$1" event up user="\${v%.}" session=1`;
        const run = await runProcess('/bin/sh', ['-c', script, hook, world.spool, octal]);
        expect(run).toMatchObject({ status: 0, stdout: '', stderr: '' });
      };
      const characters = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });
      const odd = fc.string({
        unit: fc.constantFrom('%', '=', '\n', ' ', "'", '"', '\\', '*', '$', '\u0081', 'ÿ', 'a', '\u{1f98a}'),
      });
      const text = fc
        .oneof(characters, odd)
        .map((value) => value.replaceAll('\0', '').toWellFormed())
        .filter(Boolean);
      await fc.assert(
        fc.asyncProperty(text, async (value) => {
          fc.pre(Buffer.byteLength(value) <= 254);
          await write(Buffer.from(value));
          expect(world.events().map(({ user }) => user)).toEqual([value]);
          empty(world.spool);
        }),
        { seed, numRuns: counts.hostileValues },
      );
      await write(Uint8Array.from({ length: 254 }, (_, index) => index + 1));
      const { refused } = await world.ingest();
      expect(refused).toMatchObject([{ because: 'user is not UTF-8' }]);
    },
    300_000,
  );

  it('that is longer than any user name is nobody’s, even if it begins with one', async () => {
    await using world = await hookWorld();
    await world.users('a'.repeat(253), 'ç'.repeat(127));
    const run = (user: string) =>
      runHook(['--spool', world.spool, 'event', 'up', `user=${user}`, 'session=1']);
    expect(await run('a'.repeat(4_096))).toMatchObject(harmless);
    expect(await run(`${'ç'.repeat(2_000)}\n`)).toMatchObject(harmless);
    expect(await world.ingest()).toMatchObject({ unknownTotal: 2, applied: 0, refused: [] });
  });

  it('cannot add a key', async () => {
    await using world = await hookWorld();
    await runHook(['--spool', world.spool, 'event', 'up', 'user=ana\ngateway=gw9\nverb=down', 'session=1']);
    expect(world.events()).toMatchObject([
      { user: 'ana\ngateway=gw9\nverb=down', verb: 'up', gateway: undefined },
    ]);
  });
});

describe.skipIf(isMissing('root', 'unshare'))('a spool that cannot be written', () => {
  /** Runs the hook in a mount namespace of its own, in which `prepare` has spoilt the spool `$1`. */
  const inSpoilt = async (prepare: string, spool = '"$1"') => {
    await using directory = await temporaryDirectory();
    const said = join(directory.path, 'said');
    const logger = join(directory.path, 'logger');
    writeFileSync(
      logger,
      `#!/bin/sh\nprintf '%s\\n' "$*" >>'${said}.new'\n/bin/mv '${said}.new' '${said}'\n`,
    );
    chmodSync(logger, 0o755);
    const spoilt = join(directory.path, 'spool');
    const script = `
      mkdir "$1" && mount --bind "$3" /usr/bin/logger && ${prepare} || exit 99
      env -i "$2" --spool ${spool} event up user=ana session=7; status=$?
      until [ -e "$4" ]; do :; done
      ls -A "$1" | grep -v fill; exit $status`;
    const args = ['-m', '/bin/sh', '-c', script, 'sh', spoilt, hook, logger, said];
    const run = await runProcess('unshare', args, { guardMs: 20_000 });
    return { ...run, said: existsSync(said) ? readFileSync(said, 'utf8').split('\n').filter(Boolean) : [] };
  };

  it.each([
    ['full', 'mount -t tmpfs -o size=4k none "$1" && head -c 4096 /dev/zero > "$1/fill"'],
    ['without inodes', 'mount -t tmpfs -o nr_inodes=1 none "$1"'],
    ['read-only', 'mount -t tmpfs -o ro none "$1"'],
    ['without a /proc', 'mount -t tmpfs none /proc'],
    ['missing', 'rmdir "$1" && mkdir "$1.other" && set -- "$1.other" "$2" "$3" "$4" "$1"', '"$5"'],
  ])(
    'because it is %s costs the event, not the session: 0, and one line for syslog',
    async (_: string, prepare: string, spool?: string) => {
      expect(await inSpoilt(prepare, spool)).toMatchObject({
        status: 0,
        stdout: '',
        stderr: '',
        said: [expect.stringContaining('no event could be written')],
      });
    },
  );
});

it.skipIf(isMissing('strace')).each(['write', 'rename'])(
  'a hook that is asked to stop at its %s finishes its event all the same',
  async (call) => {
    await using world = await hookWorld();
    const trace = ['-f', '-o', '/dev/null', '-e', `inject=/${call}:signal=SIGTERM`];
    const run = await runProcess('strace', [
      ...trace,
      hook,
      '--spool',
      world.spool,
      'event',
      'up',
      'user=ana',
      'session=1',
    ]);
    expect(run.status).toBe(0);
    expect(world.events()).toMatchObject([{ user: 'ana' }]);
  },
);

it('parses in every POSIX shell that is here', () => {
  for (const shell of ['dash', 'bash', 'busybox']) {
    if (!['/bin', '/usr/bin'].some((directory) => existsSync(join(directory, shell)))) continue;
    execFileSync(shell, shell === 'busybox' ? ['sh', '-n', hook] : ['-n', hook]);
  }
});

function empty(directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
}

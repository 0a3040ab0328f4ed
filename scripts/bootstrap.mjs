/**
 * Makes a fresh clone runnable: npm packages, the few system packages that are needed, the build. Plain JavaScript that
 * Node 20 parses, because the pinned Node 24 is one of the packages it installs. Does nothing when all is there.
 *
 * Usage: node scripts/bootstrap.mjs --for start|test
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const servicePolicy = '/usr/sbin/policy-rc.d';

/** What a machine needs beyond npm packages: the program to look for and the Debian package that has it. */
const systemNeeds = {
  start: [
    { program: 'nft', pkg: 'nftables' },
    { program: 'tc', pkg: 'iproute2' },
  ],
  test: [
    { program: 'nft', pkg: 'nftables' },
    { program: 'tc', pkg: 'iproute2' },
    { program: 'strace', pkg: 'strace' },
    { program: 'flock', pkg: 'util-linux' },
    { program: 'ping', pkg: 'iputils-ping' },
    { program: 'redis-server', pkg: 'redis-server' },
    { program: 'mariadbd', pkg: 'mariadb-server-core' },
    { program: 'bindfs', pkg: 'bindfs' },
  ],
};

const purpose = process.argv[process.argv.indexOf('--for') + 1] === 'test' ? 'test' : 'start';
installPackages();
installSystemPackages(systemNeeds[purpose]);
run(join('node_modules', '.bin', 'node'), ['scripts/build.mjs']);

function installPackages() {
  const stampPath = join('node_modules', '.stamp');
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted) return;
  say('installing npm packages');
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stampPath, wanted);
}

function installSystemPackages(needs) {
  const missing = needs.filter(({ program }) => !isInstalled(program)).map(({ pkg }) => pkg);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    say(
      `not installed: ${missing.join(', ')} (as root on Debian they would be); what needs them is left out`,
    );
    return;
  }
  say(`installing ${missing.join(', ')}`);
  const isHeldBack = refuseServices();
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  const isDone =
    spawnSync('apt-get', ['-qq', 'update'], quiet).status === 0 &&
    spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...missing], quiet).status === 0;
  if (isHeldBack) rmSync(servicePolicy);
  if (!isDone) say(`apt-get could not install ${missing.join(', ')}; what needs them is left out`);
}

/**
 * Tests start servers of their own; installing a package must not start the host's. Debian asks this file before it does.
 *
 * @returns whether it was put there, and has to go again
 */
function refuseServices() {
  if (existsSync(servicePolicy)) return false;
  writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return true;
}

function isInstalled(program) {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/local/sbin`;
  return path.split(':').some((directory) => directory !== '' && existsSync(join(directory, program)));
}

function run(program, args) {
  const { status, signal, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined || signal !== null || status !== 0) {
    say(`${program} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
    process.exit(status ?? 1);
  }
}

function say(text) {
  process.stderr.write(`bootstrap: ${text}\n`);
}

/**
 * Makes a fresh clone runnable: npm packages, the few system packages that are needed, the build. Plain JavaScript that
 * Node 20 parses, because the pinned Node 24 is one of the packages it installs. Does nothing when all is there.
 *
 * Usage: node scripts/bootstrap.mjs --for start|test
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** Debian asks this file before the installation of a package starts a service of the host. */
const servicePolicy = '/usr/sbin/policy-rc.d';

/**
 * Tests and the demo start servers of their own, so installing one must not start the host's. A policy of the host's is left alone; ours
 * goes again however this ends, and one that a kill has left behind is known by its mark.
 */
const aptInstall = `
  mark='# put here by the bootstrap of Holdfast'
  if [ ! -e "$0" ] || grep -qF "$mark" "$0"; then
    trap 'rm -f "$0"' EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\\n%s\\nexit 101\\n' "$mark" > "$0" && chmod 755 "$0"
  fi
  apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"
`;

/** What a machine needs beyond npm packages: the program to look for and the Debian package that has it. */
const systemNeeds = {
  start: [
    { program: 'nft', pkg: 'nftables' },
    { program: 'tc', pkg: 'iproute2' },
    { program: 'freeradius', pkg: 'freeradius' },
    { program: 'radclient', pkg: 'freeradius-utils' },
    { program: '/usr/lib/freeradius/rlm_rest.so', pkg: 'freeradius-rest' },
  ],
  test: [
    { program: 'nft', pkg: 'nftables' },
    { program: 'tc', pkg: 'iproute2' },
    { program: 'strace', pkg: 'strace' },
    { program: 'flock', pkg: 'util-linux' },
    { program: 'ping', pkg: 'iputils-ping' },
    { program: 'redis-server', pkg: 'redis-server' },
    { program: 'mariadbd', pkg: 'mariadb-server-core' },
    { program: 'openssl', pkg: 'openssl' },
    { program: 'freeradius', pkg: 'freeradius' },
    { program: 'radclient', pkg: 'freeradius-utils' },
    { program: '/usr/lib/freeradius/rlm_rest.so', pkg: 'freeradius-rest' },
    { program: '/usr/lib/freeradius/rlm_sql_mysql.so', pkg: 'freeradius-mysql' },
    { program: 'bindfs', pkg: 'bindfs' },
    { program: 'chromium-headless-shell', pkg: 'chromium-headless-shell' },
    { program: 'systemd-analyze', pkg: 'systemd' },
    { program: 'openvpn', pkg: 'openvpn' },
    { program: 'swanctl', pkg: 'strongswan-swanctl' },
    { program: '/usr/lib/ipsec/charon', pkg: 'strongswan-charon' },
    { program: '/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so', pkg: 'libcharon-extra-plugins' },
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
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const isDone =
    spawnSync('sh', ['-c', aptInstall, servicePolicy, ...missing], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    }).status === 0;
  if (!isDone) say(`apt-get could not install ${missing.join(', ')}; what needs them is left out`);
}

function isInstalled(program) {
  if (program.startsWith('/')) return existsSync(program);
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

/** What sources, networks, disks and other users do wrong: the old catalogue stays, and the failure has a code and a hint. */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { tlsAuthority, tlsTexts } from '../support/tls-authority.ts';
import { cacheBin as bin } from './cache-bin.ts';
import { type CacheWorld, cacheWorld } from './cache-world.ts';
import { answering, catalogueServer, type Reply } from './catalogue-server.ts';

let world: CacheWorld;
beforeAll(async () => {
  world = await cacheWorld();
  await world.refresh();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Refreshes with this in place of the packages of Temurin. */
async function refreshWith(reply: Reply, maxBytes?: number) {
  world.server.instead.set('/packages?distro=temurin', reply);
  const { report, error } = await world.refreshed(maxBytes === undefined ? {} : { maxBytes });
  world.server.instead.clear();
  return { error, requests: report.download.requests };
}

const packages = (...found: readonly object[]) =>
  answering(200, JSON.stringify({ result: found, message: '' }));
const html = answering(200, '<!DOCTYPE html><title>Sign in to this network</title>', {
  'content-type': 'text/html',
});
const zulu = readFileSync(join(import.meta.dirname, 'foojay/packages-zulu.json'), 'utf8');
const elsewhere = answering(200, '{"result": []}', { link: '<https://example.net/more>; rel="next"' });
const cut: Reply = (_request, response) => {
  response.writeHead(200, { 'content-length': '5000' });
  response.write('{"result": [');
  setImmediate(() => response.destroy());
};

describe('a source', () => {
  const circle = answering(302, '', { location: '/disco/v3.0/packages?distro=temurin' });

  const badAnswers: readonly (readonly [string, Reply, number, string])[] = [
    ['answers with HTML', html, 65, 'SOURCE_INVALID'],
    ['ends in the middle of the JSON', answering(200, '{"result": [{"id": "1'), 65, 'SOURCE_INVALID'],
    ['closes the connection in the middle', cut, 69, 'SOURCE_UNAVAILABLE'],
    ['answers with another schema', packages({ id: 7, distribution: 'temurin' }), 65, 'SOURCE_INVALID'],
    ['has packages of others only', answering(200, zulu), 65, 'SOURCE_INVALID'],
    ['redirects in circles', circle, 69, 'SOURCE_UNAVAILABLE'],
    ['answers 500 each time', answering(500, 'oops'), 69, 'SOURCE_UNAVAILABLE'],
    ['answers 404', answering(404), 69, 'SOURCE_UNAVAILABLE'],
    ['sends more than is allowed', answering(200, ' '.repeat(100_000)), 65, 'SOURCE_TOO_LARGE'],
    ['continues on another server', elsewhere, 65, 'SOURCE_INVALID'],
  ];

  it.each(badAnswers)('that %s changes nothing', async (_what, reply, exit, code) => {
    const { error } = await refreshWith(reply, 50_000);
    expect([error?.exit, error?.code, world.cached()?.revision]).toEqual([exit, code, 1]);
    expect(world.leftovers()).toEqual([]);
  });

  it('that has nothing in any distribution does not replace what there is', async () => {
    world.server.instead.set('/packages', answering(200, '{"result": []}'));
    const { error } = await world.refreshed();
    world.server.instead.clear();
    expect([error?.code, world.cached()?.revision]).toEqual(['SOURCE_INVALID', 1]);
  });

  it('of another schema is told with every problem and its path', async () => {
    const { error } = await refreshWith(packages({ id: 7, distribution: 'temurin' }));
    expect(error?.details.issues).toContainEqual({ path: '/result/0/id', message: expect.any(String) });
  });

  it('that is refused is explained with code and hint, and what was cached is listed', async () => {
    world.server.instead.set('/packages?distro=temurin', html);
    const { status, stdout, stderr } = await world.run('refresh');
    world.server.instead.clear();
    expect({ status, stdout }).toEqual({ status: 65, stdout: '' });
    expect(stderr).toMatch(
      /answered with HTML or XML, not with JSON .*\[SOURCE_INVALID\]\nhint: .*still there/,
    );
    expect((await world.run('list')).status).toBe(0);
  });

  it('that fails at first is asked again', async () => {
    let count = 0;
    const { error, requests } = await refreshWith((request, response) => {
      count += 1;
      (count < 3 ? answering(503, '', { 'retry-after': '0' }) : answering(304))(request, response);
    });
    expect([error, requests, world.cached()?.revision]).toEqual([undefined, 6, 2]);
  });

  it.skipIf(isMissing('openssl'))('that does not prove who it is, is not asked twice', async () => {
    await using place = await temporaryDirectory();
    const authority = tlsAuthority(place.path);
    const { certificate: cert, key } = tlsTexts(authority.issue('server'));
    await using server = await catalogueServer({ cert, key });
    const before = world.cached()?.revision;
    const { report, error } = await world.refreshed({ url: server.url });
    expect([error?.exit, error?.code, report.download.requests]).toEqual([69, 'SOURCE_UNTRUSTED', 1]);
    expect(world.cached()?.revision).toBe(before);
    server.instead.set('/packages', answering(302, '', { location: world.server.url }));
    const env = { NODE_EXTRA_CA_CERTS: authority.path };
    const downgraded = await world.refresh(['--foojay-url', server.url], { env });
    expect(downgraded.report.error).toMatchObject({ code: 'SOURCE_UNTRUSTED', message: /https: to http:/ });
    server.instead.clear();
    expect((await world.refresh(['--foojay-url', server.url], { env })).report).toMatchObject({
      outcome: 'refreshed',
      unchanged: 0,
    });
  });
});

describe('a command line', () => {
  it('with a word too many is refused with 64, as a document where one was wanted', async () => {
    const { status, stdout } = await runProcess(runtimes.node, [bin, 'refresh', 'a', 'b', '--json']);
    expect([status, JSON.parse(stdout).error.code]).toEqual([64, 'USAGE']);
  });
});

describe.skipIf(isMissing('root', 'unshare'))('as root', () => {
  it('a full disk keeps the old catalogue, and no temporary file', async () => {
    await using place = await temporaryDirectory();
    const [small, big] = ['small.json', 'big.json'].map((name) => join(place.path, name));
    writeFileSync(small ?? '', '{"tools":[1]}');
    writeFileSync(big ?? '', JSON.stringify({ tools: Array.from({ length: 20_000 }, (_, index) => index) }));
    const call = `"$1" "$2" COMMAND "$3/source.json" --state-dir "$3" --json`;
    const script = `mkdir -m 700 "$3/cache"; mount -t tmpfs -o size=48k,mode=0700 tmpfs "$3/cache"
      cp "$3/small.json" "$3/source.json"; ${call.replace('COMMAND', 'refresh')} >/dev/null
      cp "$3/big.json" "$3/source.json"; ${call.replace('COMMAND', 'refresh')}
      ${call.replace('COMMAND', 'list')} >"$3/listed"; ls -A "$3/cache"`;
    const { stdout } = await runProcess('unshare', [
      '-m',
      'sh',
      '-c',
      script,
      'sh',
      runtimes.node,
      bin,
      place.path,
    ]);
    const [document = '', files = ''] = stdout.split(/^(?=json-)/m);
    expect(JSON.parse(document)).toMatchObject({
      outcome: 'failed',
      error: { code: 'WRITE_FAILED', details: { errno: 'ENOSPC' } },
    });
    expect(files.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(place.path, 'listed'), 'utf8'))).toMatchObject({
      itemCount: 1,
      from: 'current',
    });
  });

  it('a lock directory that is closed to this user is told at once, however long the limit', async () => {
    await using place = await temporaryDirectory();
    chownSync(place.path, 65_534, 65_534);
    mkdirSync(join(place.path, 'locks'), { mode: 0o700 });
    const words = [bin, 'refresh', '--state-dir', place.path, '--lock-timeout', 'infinite'];
    const { status, stderr } = await runProcess(runtimes.node, words, { uid: 65_534, gid: 65_534 });
    expect(status).toBe(73);
    expect(stderr).toMatch(/\[LOCK_DIRECTORY\w*\]\nhint: /);
  });

  it('a cache directory of another user is not written to, and is still read', async () => {
    const before = world.cached()?.revision;
    chownSync(world.directory, 65_534, 65_534);
    const { status, stderr } = await world.run('refresh');
    const list = await world.run('list', ['--max-age', '0', '--refresh', 'needed']);
    chownSync(world.directory, 0, 0);
    expect([list.status, list.stderr]).toEqual([0, expect.stringContaining('[CACHE_DIRECTORY]')]);
    expect([status, world.cached()?.revision]).toEqual([73, before]);
    expect(stderr).toMatch(/is of user 65534, and this is user 0 \[CACHE_DIRECTORY\]\nhint: /);
  });
});

describe.skipIf(isMissing('root', 'unshare', 'bindfs'))('a cache on a network file system', () => {
  it('is locked by the fallback, which is told in a warning', async () => {
    await using place = await temporaryDirectory();
    writeFileSync(join(place.path, 'source.json'), '{"tools":[1]}');
    const script = `mkdir "$3/real" "$3/mount"; bindfs "$3/real" "$3/mount"
      "$1" "$2" refresh "$3/source.json" --state-dir "$3/mount" --json; umount "$3/mount"`;
    const words = ['-m', 'sh', '-c', script, 'sh', runtimes.node, bin, place.path];
    const { stdout, stderr } = await runProcess('unshare', words);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'refreshed', backend: 'lockfile' });
    expect(stderr).toMatch(
      /^warning: locks in .* use the lockfile backend: the directory is on FUSE, where flock/,
    );
  });
});

describe('a cache that was locked in one way', () => {
  it('is not locked in another, and goes on with the first', async () => {
    const { status, stderr } = await world.run('refresh', ['--lock-backend', 'lockfile']);
    expect(status).toBe(78);
    expect(stderr).toMatch(/flock.*lockfile|lockfile.*flock/);
    expect(stderr).toContain('[LOCK_MIXED]');
    const { error } = await world.refreshed({ waitMs: 0 });
    expect(error).toBeUndefined();
  });
});

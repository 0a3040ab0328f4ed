import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import { loadStaticSite, type StaticSite } from './static-site.ts';

const script = 'console.log(1);'.repeat(100);
const hashed = '/assets/index-B4x_9aQz.js';

describe('a site', () => {
  let place: TemporaryDirectory;
  let site: StaticSite;
  beforeAll(async () => {
    place = await temporaryDirectory();
    const directory = join(place.path, 'site');
    mkdirSync(join(directory, 'assets'), { recursive: true });
    writeFileSync(join(place.path, 'secret.txt'), 'secret');
    symlinkSync(join(place.path, 'secret.txt'), join(directory, 'link.txt'));
    writeFileSync(join(directory, 'index.html'), '<!doctype html>');
    writeFileSync(join(directory, 'icon.svg'), '<svg/>');
    writeFileSync(join(directory, 'orphan.js.br'), 'x');
    writeFileSync(join(directory, hashed), script);
    writeFileSync(join(directory, `${hashed}.br`), brotliCompressSync(script));
    writeFileSync(join(directory, `${hashed}.gz`), gzipSync(script));
    site = loadStaticSite(directory);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const ask = (path: string, init: RequestInit = {}) =>
    site.answer(new Request(`http://panel.example.net${path}`, init));
  const asking = (headers: Readonly<Record<string, string>>) => ask(hashed, { headers });

  it('gives index.html for its root and for every page, to be asked for anew', async () => {
    for (const path of ['/', '/connections', '/connections/17', '/index.html', '/no%20such']) {
      const answer = ask(path);
      expect([answer.status, await answer.text(), answer.headers.get('cache-control')]).toEqual([
        200,
        '<!doctype html>',
        'no-cache',
      ]);
    }
  });

  it('gives a file with its type, and for ever where its name tells its content', () => {
    const { headers } = ask(hashed);
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(ask('/icon.svg').headers.get('cache-control')).toBe('no-cache');
  });

  it.each([
    ['br, gzip', 'br'],
    ['gzip', 'gzip'],
    ['gzip;q=1, br;q=0', 'gzip'],
    ['*', 'br'],
    ['identity', null],
    ['', null],
  ])('gives the form that %j takes', async (accepted, encoding) => {
    const answer = asking({ 'accept-encoding': accepted });
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('vary')).toBe('Accept-Encoding');
    const sent = (await answer.bytes()).length;
    expect(Number(answer.headers.get('content-length'))).toBe(sent);
  });

  it('says that what a browser has is still right, each form by a tag of its own', () => {
    const tagOf = (encoding: string) => asking({ 'accept-encoding': encoding }).headers.get('etag') ?? '';
    const [plain, small] = [tagOf('identity'), tagOf('br')];
    expect(plain).not.toBe(small);
    const known = (tag: string, encoding: string) =>
      asking({ 'if-none-match': tag, 'accept-encoding': encoding }).status;
    expect(known(plain, 'identity')).toBe(304);
    expect(known(`"x", W/${small}`, 'br')).toBe(304);
    expect(known(plain, 'br')).toBe(200);
  });

  it('has no body for HEAD, and no other method', async () => {
    const head = ask('/', { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([200, '', '15']);
    const post = ask('/', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    '/assets/none.js',
    '/assets/none',
    '/robots.txt',
    '/link.txt',
    '/orphan.js',
    '/index.html.br',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/secret.txt%00.html',
    '/%ff.html',
    '//etc/passwd.txt',
  ])('has nothing at %s', async (path) => {
    const answer = ask(path);
    expect([answer.status, await answer.text()]).toEqual([404, 'not found\n']);
  });

  it('that was not built says so', async () => {
    const none = loadStaticSite(join(place.path, 'none'));
    const answer = none.answer(new Request('http://panel.example.net/'));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'text/plain; charset=utf-8']);
  });
});

/** The texts that --listen takes. */
import { describe, expect, it } from 'vitest';
import { listen, listenUrl, parseListenAddress } from './listen-address.ts';

describe('a listen address', () => {
  it.each([
    ['127.0.0.1:8082', { kind: 'tcp', host: '127.0.0.1', port: 8_082 }, 'http://127.0.0.1:8082'],
    ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }, 'http://localhost:0'],
    ['[::1]:80', { kind: 'tcp', host: '::1', port: 80 }, 'http://[::1]:80'],
    ['0.0.0.0:65535', { kind: 'tcp', host: '0.0.0.0', port: 65_535 }, 'http://0.0.0.0:65535'],
    ['unix:/run/holdfast.sock', { kind: 'unix', path: '/run/holdfast.sock' }, 'unix:/run/holdfast.sock'],
  ] as const)('%s is read and told', (text, address, url) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(listenUrl(address)).toBe(url);
  });

  it('none is none', () => {
    expect(parseListenAddress('none')).toEqual({ kind: 'none' });
  });

  it.each([
    '',
    '8082',
    ':8082',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '127.0.0.1:80 ',
    '::1:80',
    '[127.0.0.1:80',
    'http://127.0.0.1:80',
    'unix:',
    'unix:relative.sock',
    `unix:/${'x'.repeat(100)}`,
    'unix:/a\0b',
  ])('%j is refused', (text) => {
    expect(() => parseListenAddress(text)).toThrow(Error);
  });

  it('is a setting of the command line alone', () => {
    expect(listen('127.0.0.1:8082', '/metrics')).toMatchObject({
      flag: '--listen',
      isPersistent: false,
      fallback: { kind: 'tcp', port: 8_082 },
    });
  });
});

/** How the address of the reconcile daemon is written. */
import { describe, expect, it } from 'vitest';
import { parseReconcileAddress } from './reconcile-address.ts';

describe('the address of the reconcile daemon', () => {
  it.each([
    ['http://127.0.0.1:8082', { kind: 'tcp', host: '127.0.0.1', port: 8_082 }],
    ['http://127.0.0.1:8082/', { kind: 'tcp', host: '127.0.0.1', port: 8_082 }],
    ['http://[::1]:9', { kind: 'tcp', host: '::1', port: 9 }],
    ['http://gateway.lan', { kind: 'tcp', host: 'gateway.lan', port: 80 }],
    ['unix:/run/holdfast/reconcile.sock', { kind: 'unix', path: '/run/holdfast/reconcile.sock' }],
  ])('may be %s', (text, address) => {
    expect(parseReconcileAddress(text)).toEqual(address);
  });

  it.each([
    '',
    '127.0.0.1:8082',
    'https://127.0.0.1:8082',
    'http://127.0.0.1:8082/kernel',
    'http://127.0.0.1:8082/?a',
    'http://user@127.0.0.1:8082',
    'http://127.0.0.1:99999',
    'unix:',
    'unix:relative',
    'file:///etc/passwd',
  ])('is not %j', (text) => {
    expect(() => parseReconcileAddress(text)).toThrow();
  });
});

/** Bodies of the requests around a login. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bodyOf, commonBody, vectorOf } from '../testing/mapper-world.ts';
import { decodeAuthorize, decodeFollowUp, decodeLogin } from './login-request.ts';

const invalid = expect.objectContaining({ code: 'REQUEST_INVALID' });

describe('a login', () => {
  it('is read, with addresses in their one spelling', () => {
    const body = bodyOf(commonBody(1, { src: '::ffff:192.0.2.1', nas_ip: '2001:DB8::0:1', password: 'pw' }));
    expect(decodeLogin(body)).toEqual({
      request: {
        user: 'user0',
        src: '192.0.2.1',
        nasIp: '2001:db8::1',
        nasId: 'nas',
        port: '7',
        caller: 'device-1',
        called: '',
        sid: '',
        req: vectorOf(1),
      },
      password: 'pw',
    });
  });

  it('keeps its password apart from what is logged', () => {
    const { request } = decodeLogin(bodyOf(commonBody(1, { password: 'hunter2' })));
    expect(inspect(request)).not.toContain('hunter2');
  });

  it.each([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['cut off', '{"v":1'],
    ['a list', '[]'],
    ['null', 'null'],
    ['very deep', '['.repeat(16_000)],
  ])('that is %s is refused', (_what, text) => {
    expect(() => decodeLogin(Buffer.from(text))).toThrow(invalid);
  });

  it.each([
    ['another version', { v: 2 }],
    ['no version', { v: undefined }],
    ['a version that is a text', { v: '1' }],
    ['no user', { user: undefined }],
    ['a user that is a number', { user: 7 }],
    ['a user that is an object', { user: { toString: 'x' } }],
    ['a user of 1025 bytes', { user: 'u'.repeat(1_025) }],
    ['a caller of 64 KiB', { caller: 'c'.repeat(65_536) }],
    ['no source', { src: '' }],
    ['a source that is a name', { src: 'localhost' }],
    ['a source with a zone', { src: 'fe80::1%eth0' }],
    ['a NAS address that is none', { nas_ip: '10.0.0.256' }],
    ['no vector', { req: '' }],
    ['a short vector', { req: '0x00' }],
    ['a vector with more behind it', { req: `${vectorOf(1)} ` }],
    ['no password', { password: undefined }],
    ['a password that is a list', { password: ['pw'] }],
  ])('with %s is refused', (_what, more) => {
    expect(() => decodeLogin(bodyOf(commonBody(1, { password: 'pw', ...more })))).toThrow(invalid);
  });

  it('takes 1024 bytes, counted as bytes', () => {
    const user = 'é'.repeat(512);
    expect(decodeFollowUp(bodyOf(commonBody(1, { user }))).user).toBe(user);
    expect(() => decodeFollowUp(bodyOf(commonBody(1, { user: 'é'.repeat(513) })))).toThrow(invalid);
  });

  it('says nothing of what it contains when it is refused', () => {
    const failures = [
      '{"password":"hunter2"',
      '{"v":1,"user":"hunter2","src":"hunter2","password":"hunter2"}',
    ].map((text) => {
      try {
        return decodeLogin(Buffer.from(text));
      } catch (error) {
        return error;
      }
    });
    expect(inspect(failures, { depth: null })).not.toContain('hunter2');
  });

  it('without what a NAS need not send is one all the same', () => {
    const { v, user, src, req } = commonBody(1);
    expect(decodeFollowUp(bodyOf({ v, user, src, req, nas_ip: null }))).toMatchObject({
      nasIp: '',
      caller: '',
    });
  });
});

describe('a question for credentials', () => {
  it.each(['pap', 'mschap'])('is about %s', (method) => {
    expect(decodeAuthorize(bodyOf(commonBody(1, { method }))).method).toBe(method);
  });

  it.each(['chap', '', undefined, 1])('is not about %j', (method) => {
    expect(() => decodeAuthorize(bodyOf(commonBody(1, { method })))).toThrow(invalid);
  });
});

/** Answers as FreeRADIUS reads them. */
import { HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { failed, noContent, positive, refused } from './answer.ts';

const one = (value: unknown) => ({ do_xlat: false, value: [value] });

describe('an answer', () => {
  it('that is positive names its request, and expands nothing', () => {
    const attributes = [
      { name: 'Class', value: '0x61' },
      { name: 'Session-Timeout', value: 60 },
    ];
    const { status, body } = positive('lock-ok', '0xff', attributes, 'reply');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      'control:Tmp-String-0': one('lock-ok 0xff'),
      'reply:Class': one('0x61'),
      'reply:Session-Timeout': one(60),
    });
  });

  it('can put its attributes into the control list', () => {
    const { body } = positive('known', '0xff', [{ name: 'NT-Password', value: '0x00' }], 'control');
    expect(JSON.parse(body)).toEqual({
      'control:Tmp-String-0': one('known 0xff'),
      'control:NT-Password': one('0x00'),
    });
  });

  it('that refuses has a sentence, with whatever characters', () => {
    const { status, body } = refused('50% "off"\n%{User-Password}');
    expect(status).toBe(401);
    expect(JSON.parse(body)).toEqual({
      'control:Tmp-String-0': one('refused'),
      'reply:Reply-Message': one('50% "off"\n%{User-Password}'),
    });
  });

  it('that has failed tells its code and nothing else', () => {
    const error = new HoldfastError('DATABASE_UNREACHABLE', 'mysql at 10.1.2.3', {
      details: { secret: 'x' },
    });
    expect(failed(error, 503)).toEqual({ status: 503, body: '{"code":"DATABASE_UNREACHABLE"}' });
    expect(noContent).toEqual({ status: 204, body: '' });
  });
});

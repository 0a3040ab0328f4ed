import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../testing/code-of.ts';
import { normalizeEmail } from './email-address.ts';

describe('an e-mail address', () => {
  it.each([
    ['ana@example.com', 'ana@example.com'],
    ['  Ana.Perez@Example.COM\n', 'ana.perez@example.com'],
    ['ana+vpn@example.com', 'ana+vpn@example.com'],
    ["o'hara@example.com", "o'hara@example.com"],
    ['ana@müller.example', 'ana@xn--mller-kva.example'],
    ['ana@MÜLLER.example', 'ana@xn--mller-kva.example'],
    ['ana＠example。com', 'ana@example.com'],
    ['josé@example.com', 'josé@example.com'],
    ['a@b.c', 'a@b.c'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('written %j is kept as %j', (written, kept) => {
    expect(normalizeEmail(written)).toBe(kept);
  });

  it.each([
    '',
    ' ',
    'ana',
    '@example.com',
    'ana@',
    'ana@localhost',
    'ana@@example.com',
    'ana@b@example.com',
    'ana perez@example.com',
    'ana@exam ple.com',
    'ana@example..com',
    'ana@.example.com',
    'ana@-example.com',
    'ana@1.2',
    'ana@192.0.2.1',
    'ana@[192.0.2.1]',
    'ana@example.com/x',
    'ana@example.com:25',
    'ana@exam%70le.com',
    'ana,bruno@example.com',
    'Ana <ana@example.com>',
    '"ana"@example.com',
    'ana\0@example.com',
    'ana\u202e@example.com',
    `${'a'.repeat(65)}@example.com`,
    `ana@${'a'.repeat(64)}.com`,
    `ana@${'abcdefgh.'.repeat(30)}com`,
  ])('%j is none', async (written) => {
    expect(await codeOf(Promise.resolve().then(() => normalizeEmail(written)))).toBe('EMAIL_INVALID');
  });

  it('in the form that is kept is kept as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary' })), async (written) => {
        const code = await codeOf(Promise.resolve().then(() => normalizeEmail(written)));
        if (code === 'EMAIL_INVALID') return;
        const kept = normalizeEmail(written);
        expect(normalizeEmail(kept)).toBe(kept);
        expect(kept.length).toBeLessThanOrEqual(254);
      }),
    );
  });
});

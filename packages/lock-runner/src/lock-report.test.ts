/** What is told of parties that describe themselves. */
import { expect, it } from 'vitest';
import { lockReport } from './lock-report.ts';

const evil = { pid: 7, host: 'a\u001b[2Jb', purpose: `\u202eevil\n${'x'.repeat(1_000)}` };
const tame = { pid: 7, host: 'a?[2Jb', purpose: `?evil?${'x'.repeat(394)}` };

it('a report has no holder when nobody holds, and names those who wait in order', () => {
  const waiters = [
    { pid: 2, host: 'b', sinceMs: 5 },
    { pid: 1, host: 'b' },
  ];
  expect(lockReport(undefined, waiters)).toEqual({ waiters });
});

it('a report shows nothing of a party that could move a cursor, and not much of what is long', () => {
  const report = lockReport({ ...evil, sinceMs: 12 }, [evil]);
  expect(report).toEqual({ holder: { ...tame, sinceMs: 12 }, waiters: [tame] });
});

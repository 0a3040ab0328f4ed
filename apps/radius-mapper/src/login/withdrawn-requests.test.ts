/** What is remembered of requests that were taken back, and for how long. */
import { systemClock } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { WithdrawnRequests } from './withdrawn-requests.ts';

const request = { user: 'ana', req: '0x00' };

describe('a request that was taken back', () => {
  it('is known by its vector and its user together', () => {
    const withdrawn = new WithdrawnRequests(systemClock);
    withdrawn.add(request);
    expect(withdrawn.has(request)).toBe(true);
    expect(withdrawn.has({ ...request, user: 'ben' })).toBe(false);
    expect(withdrawn.has({ ...request, req: '0x01' })).toBe(false);
  });

  it('is forgotten after a minute', () => {
    let nowMs = 0;
    const withdrawn = new WithdrawnRequests({ ...systemClock, monotonicMs: () => nowMs });
    withdrawn.add(request);
    nowMs = 59_999;
    expect(withdrawn.has(request)).toBe(true);
    nowMs = 60_000;
    expect(withdrawn.has(request)).toBe(false);
  });

  it('makes room for later ones', () => {
    const withdrawn = new WithdrawnRequests(systemClock);
    for (let index = 0; index <= 10_000; index += 1) withdrawn.add({ ...request, req: `${index}` });
    expect(withdrawn.has({ ...request, req: '0' })).toBe(false);
    expect(withdrawn.has({ ...request, req: '1' })).toBe(true);
  });
});

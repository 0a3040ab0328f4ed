import { type Clock, systemClock } from '@holdfast/base';
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { MemoryTokenFamilies } from './memory-token-families.ts';
import { RevokedFamilies } from './revoked-families.ts';
import type { TokenFamilies } from './token-families.ts';
import { TokenRotation } from './token-rotation.ts';

describe('the view of revoked families', () => {
  let nowMs: number;
  let read: MockInstance<TokenFamilies['read']>;
  let families: TokenFamilies;
  let rotation: TokenRotation;
  let view: RevokedFamilies;
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs };

  beforeEach(() => {
    nowMs = 0;
    families = new MemoryTokenFamilies({ profile: 'web' });
    read = vi.spyOn(families, 'read');
    rotation = new TokenRotation({ families });
    view = new RevokedFamilies({ families, clock, freshMs: 1_000, capacity: 2 });
  });

  it('asks the store once in a while', async () => {
    const { session } = await rotation.issue({ userId: 'ana' });
    for (let asked = 0; asked < 5; asked += 1) expect(await view.isRevoked(session)).toBe(false);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('sees a revocation of another process after that while, and one of its own at once', async () => {
    const { session } = await rotation.issue({ userId: 'ana' });
    expect(await view.isRevoked(session)).toBe(false);
    await rotation.revokeFamily(session.familyId, 'admin');
    expect(await view.isRevoked(session)).toBe(false);
    nowMs += 1_001;
    expect(await view.isRevoked(session)).toBe(true);
    const own = await rotation.issue({ userId: 'ana' });
    expect(await view.isRevoked(own.session)).toBe(false);
    view.note(own.session.familyId);
    expect(await view.isRevoked(own.session)).toBe(true);
  });

  it('takes a revocation that is noted while it asks the store for newer than the answer', async () => {
    const { session } = await rotation.issue({ userId: 'ana' });
    const before = await families.read(session.familyId);
    read.mockImplementationOnce(async () => {
      await rotation.revokeFamily(session.familyId, 'admin');
      view.note(session.familyId);
      return before;
    });
    expect(await view.isRevoked(session)).toBe(true);
    expect(await view.isRevoked(session)).toBe(true);
  });

  it('takes a generation that it does not know yet from the store, and refuses one that the store never had', async () => {
    const { token, session } = await rotation.issue({ userId: 'ana' });
    await view.isRevoked(session);
    const outcome = await rotation.refresh(token);
    expect(outcome.kind === 'rotated' && (await view.isRevoked(outcome.session))).toBe(false);
    expect(await view.isRevoked({ ...session, generation: 3 })).toBe(true);
    expect(await view.isRevoked({ familyId: 'f'.repeat(32), generation: 1 })).toBe(true);
  });

  it('remembers so many families', async () => {
    const sessions = [];
    for (const userId of ['ana', 'ben', 'eva']) sessions.push((await rotation.issue({ userId })).session);
    for (const session of [...sessions, ...sessions]) await view.isRevoked(session);
    expect(read).toHaveBeenCalledTimes(6);
  });
});

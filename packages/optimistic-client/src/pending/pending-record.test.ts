/** Pending patches over the newest value: what is shown, what is sent on which version, and what a rollback leaves. */
import { describe, expect, it } from 'vitest';
import {
  addPatch,
  carryOn,
  haltForConflict,
  mayInvalidate,
  nextRequest,
  optimisticValue,
  type PendingRecord,
  pendingRecord,
  releaseConflict,
  rollBackPatch,
  sendAgain,
  settlePatch,
  withServer,
} from './pending-record.ts';

const base = { version: 41, value: { title: 'Milk', rate: 1, note: '' } };
const patches = [
  { clientMutationId: 'a', patch: { title: 'Rice' }, base },
  { clientMutationId: 'b', patch: { rate: 2, title: 'Rye' }, base },
  { clientMutationId: 'c', patch: { note: 'n' }, base },
];
const three = patches.reduce(addPatch, pendingRecord(base));

function sent(record: PendingRecord) {
  const next = nextRequest(record);
  if (next === undefined) throw new Error('nothing to send');
  return next;
}

describe('pending patches', () => {
  it('are shown over the newest value, field by field', () => {
    const moved = withServer(three, { version: 42, value: { ...base.value, note: 'theirs', extra: 1 } });
    expect(optimisticValue(moved)).toEqual({ title: 'Rye', rate: 2, note: 'n', extra: 1 });
  });

  it('leave nothing behind when one of several is taken back', () => {
    const left = rollBackPatch(three, 'b');
    expect(optimisticValue(left)).toEqual({ title: 'Rice', rate: 1, note: 'n' });
    const moved = withServer(rollBackPatch(left, 'a'), {
      version: 42,
      value: { ...base.value, title: 'Theirs' },
    });
    expect(optimisticValue(moved).title).toBe('Theirs');
  });

  it('are sent one at a time, each on the version that the one before made', () => {
    const first = sent(three);
    expect(first.request).toEqual({ clientMutationId: 'a', version: 41, patch: { title: 'Rice' } });
    expect(nextRequest(first.record)).toBeUndefined();
    const value = { ...base.value, title: 'Rice' };
    const settled = settlePatch(first.record, 'a', { id: '17', version: 42, value });
    expect(sent(settled).request).toMatchObject({ clientMutationId: 'b', version: 42 });
    expect(settled.patches.map((patch) => patch.base)).toEqual([
      { version: 42, value },
      { version: 42, value },
    ]);
  });

  it('keep their base when somebody else has written, so that the server can refuse', () => {
    const moved = withServer(three, { version: 45, value: { ...base.value, title: 'Theirs' } });
    expect(sent(moved).request.version).toBe(41);
  });

  it('go on from the own save, not from what others made after it', () => {
    const { record } = sent(three);
    const now = { id: '17', version: 45, value: { ...base.value, note: 'theirs' } };
    const settled = settlePatch(record, 'a', { ...now, from: 'current' });
    expect(sent(settled).request.version).toBe(42);
    expect(settled.server).toEqual({ version: 45, value: now.value });
  });

  it('go on from an own save that was made elsewhere, but for what is on its way', () => {
    const made = { version: 42, value: { ...base.value, note: 'mine, elsewhere' } };
    expect(sent(carryOn(three, 41, made)).request.version).toBe(42);
    expect(carryOn(three, 40, made).patches.map((patch) => patch.base.version)).toEqual([41, 41, 41]);
    const first = sent(three);
    const versions = carryOn(first.record, 41, made).patches.map((patch) => patch.base.version);
    expect(versions).toEqual([41, 42, 42]);
    expect(sent(sendAgain(carryOn(first.record, 41, made))).request).toEqual(first.request);
  });

  it('are sent again under the same id', () => {
    const first = sent(three);
    expect(sent(sendAgain(first.record)).request).toEqual(first.request);
  });

  it('take an id twice for one intent', () => {
    expect(addPatch(three, { clientMutationId: 'a', patch: { title: 'Other' }, base })).toBe(three);
  });

  it('stop after a conflict, as one change on the oldest base, until it is released', () => {
    const first = sent(three);
    const late = { clientMutationId: 'd', patch: { note: 'late' }, base: { version: 43, value: base.value } };
    const halted = haltForConflict(addPatch(first.record, late));
    expect(halted).toMatchObject({ base: { version: 41 }, patch: { title: 'Rye', rate: 2, note: 'late' } });
    expect(nextRequest(halted.record)).toBeUndefined();
    expect(nextRequest(addPatch(halted.record, { ...late, clientMutationId: 'e' }))).toBeUndefined();
    const latest = { version: 46, value: base.value };
    expect(releaseConflict(halted.record, latest)).toEqual(pendingRecord(latest));
  });

  it('allow no read in between', () => {
    expect([mayInvalidate(three), mayInvalidate(pendingRecord(base))]).toEqual([false, true]);
  });

  it('know no older value than the newest', () => {
    const moved = withServer(three, { version: 45, value: {} });
    expect(withServer(moved, base).server.version).toBe(45);
  });

  it('ignore an answer to what is not pending', () => {
    expect(settlePatch(three, 'x', { id: '17', version: 99, value: {} })).toBe(three);
    expect(rollBackPatch(sent(three).record, 'b').isSending).toBe(true);
    expect(rollBackPatch(sent(three).record, 'a').isSending).toBe(false);
  });
});

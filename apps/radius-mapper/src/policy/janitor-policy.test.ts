/** When the janitor ends sessions, and when it waits for those whose reports could not arrive. */
import { describe, expect, it } from 'vitest';
import { type JanitorMemory, janitorPolicy, nextMemory, rememberedMs } from './janitor-policy.ts';
import { radiusReason } from './radius-reason.ts';

const nowMs = Date.UTC(2026, 0, 10);
const minuteMs = 60_000;
const interimMs = 5 * minuteMs;

function pass(memory: JanitorMemory | undefined, atMs = nowMs) {
  const facts = { nowMs: atMs, memory, interimMs };
  const verdict = janitorPolicy(radiusReason('janitor'), facts);
  const actions = verdict.kind === 'act' ? verdict.actions.map(({ kind }) => kind) : [];
  return { actions, because: verdict.because, memory: nextMemory(facts) };
}

const passed = (agoMs: number, patientForMs = 0): JanitorMemory => ({
  passedMs: nowMs - agoMs,
  patientUntilMs: nowMs + patientForMs,
});

describe('the janitor policy', () => {
  it.each([
    ['ends sessions at the first pass of all', undefined, 'due'],
    ['ends sessions when the last pass was just now', passed(10_000), 'due'],
    ['ends sessions when it was away for less than a report', passed(interimMs), 'due'],
    ['waits when it was away for longer', passed(interimMs + 1), 'reports-outstanding'],
    ['goes on waiting', passed(10_000, minuteMs), 'reports-outstanding'],
    ['ends sessions when the wait is over', passed(10_000, 0), 'due'],
    ['ends sessions when the clock was set back', passed(-minuteMs), 'due'],
  ] as const)('%s', (_name, memory, because) => {
    expect(pass(memory)).toMatchObject({
      because,
      actions: because === 'due' ? ['expire', 'prune'] : ['prune'],
    });
  });

  it('gives every NAS a turn, and a minute, before it ends sessions after an outage', () => {
    let { memory, because } = pass(passed(20 * minuteMs));
    expect(because).toBe('reports-outstanding');
    let atMs = nowMs;
    while (because !== 'due') {
      atMs += 10_000;
      ({ memory, because } = pass(memory, atMs));
    }
    expect(atMs - nowMs).toBe(interimMs + minuteMs);
  });

  it('waits anew when the next outage comes while it waits', () => {
    const memory = nextMemory({ nowMs, memory: passed(interimMs + 1, minuteMs), interimMs });
    expect(memory.patientUntilMs).toBe(nowMs + interimMs + minuteMs);
  });

  it('does not wait for ever after the clock was set back', () => {
    const { memory } = pass(passed(-365 * 86_400_000, 365 * 86_400_000));
    expect(memory.patientUntilMs).toBe(nowMs + interimMs + minuteMs);
  });

  it('forgets what ended a week ago', () => {
    const verdict = janitorPolicy(radiusReason('janitor'), { nowMs, memory: undefined, interimMs });
    expect(verdict).toMatchObject({ actions: [{}, { kind: 'prune', beforeMs: nowMs - rememberedMs }] });
  });
});

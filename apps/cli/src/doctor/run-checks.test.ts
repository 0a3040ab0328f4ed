/** That a check cannot keep the others from being made, whatever it does. */
import { HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { type Check, invalid, ok, skip, unusable, warn } from './check.ts';
import type { Ground } from './ground.ts';
import { failureOf, runChecks, worstOf } from './run-checks.ts';

/** These checks look at nothing. */
const ground = {} as Ground;

function check(name: string, run: Check['run'], more: Partial<Check> = {}): Check {
  return { name, describe: '', run, ...more };
}

const good = check('good', () => [ok('it is')]);
const never = new AbortController().signal;

describe('checks', () => {
  it('that hang are ended at their limit, and asked to put back what they have made', async () => {
    const heard: unknown[] = [];
    const hanging = check(
      'hanging',
      (_ground, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            heard.push(signal.reason);
            resolve([ok('too late')]);
          });
        }),
      { limitMs: 20 },
    );
    const results = await runChecks({ checks: [hanging, good], ground, signal: never });
    expect(results.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['hanging', 'fail'],
      ['good', 'ok'],
    ]);
    expect(heard).toHaveLength(1);
  });

  it('that throw have failed with the code and hint of what they threw', async () => {
    const throwing = check('throwing', () => {
      throw new HoldfastError('CONFIG_INVALID', 'no such thing');
    });
    const broken = check('broken', async () => {
      throw new TypeError('a defect');
    });
    const [first, second, third] = await runChecks({
      checks: [throwing, broken, good],
      ground,
      signal: never,
    });
    expect(first?.findings).toMatchObject([
      { verdict: 'fail', found: 'no such thing [CONFIG_INVALID]', blame: 'invalid' },
    ]);
    expect(second?.findings).toMatchObject([{ verdict: 'fail', blame: 'unusable' }]);
    expect(third?.verdict).toBe('ok');
  });

  it('are skipped when what they need has failed, and looked at when it was not asked for', async () => {
    const bad = check('bad', () => [unusable('it is not', 'Make it so.')]);
    const needy = check('needy', () => [ok('it is')], { needs: ['bad'] });
    const skippedToo = check('skipped-too', () => [ok('it is')], { needs: ['needy'] });
    const all = await runChecks({ checks: [bad, needy, skippedToo], ground, signal: never });
    expect(all.map(({ verdict }) => verdict)).toEqual(['fail', 'skip', 'skip']);
    const without = check('without', () => [skip('nothing to look at')]);
    const after = check('after', () => [ok('it is')], { needs: ['without'] });
    const [, looked] = await runChecks({ checks: [without, after], ground, signal: never });
    expect(looked?.verdict).toBe('ok');
    const alone = await runChecks({ checks: [needy], ground, signal: never });
    expect(alone.map(({ verdict }) => verdict)).toEqual(['ok']);
  });

  it('end with the whole when that is cancelled', async () => {
    const stop = new AbortController();
    const reason = new HoldfastError('CANCELLED', 'interrupted');
    const cancelling = check('cancelling', async (_ground, signal) => {
      stop.abort(reason);
      return signal.aborted ? [ok('heard')] : [skip('not heard')];
    });
    await expect(runChecks({ checks: [cancelling, good], ground, signal: stop.signal })).rejects.toBe(reason);
  });
});

describe('the verdict', () => {
  it.each([
    ['ok', [ok(''), skip('')]],
    ['warn', [ok(''), warn('', ''), skip('')]],
    ['fail', [invalid('', ''), warn('', ''), ok('')]],
    ['skip', [skip(''), skip('')]],
  ] as const)('of several findings is %s', (verdict, findings) => {
    expect(worstOf(findings)).toBe(verdict);
  });

  it('of all checks is what does not work before what is configured wrongly, and nothing for warnings', () => {
    const result = (name: string, finding: ReturnType<typeof ok>) => {
      return { name, verdict: finding.verdict, findings: [finding], tookMs: 0 };
    };
    const [broken, wrong] = [result('a', unusable('', '')), result('b', invalid('', ''))];
    expect(failureOf([wrong, broken])).toMatchObject({ exit: 69, details: { failed: ['b', 'a'] } });
    expect(failureOf([wrong])).toMatchObject({ code: 'SETUP_INVALID', exit: 78 });
    expect(failureOf([result('c', warn('', '')), result('d', skip(''))])).toBeUndefined();
  });
});

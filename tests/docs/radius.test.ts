/** `docs/radius.md` has every file and option that is shipped, and the sentences that users are told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusals, refusalText } from '../../apps/radius-mapper/src/policy/refusal.ts';
import { shippedFiles } from '../../apps/radius-mapper/src/raddb/shipped-files.ts';
import { repository } from '../support/repository.ts';

const raddb = join(repository, 'apps/radius-mapper/raddb');
const text = readFileSync(join(repository, 'docs/radius.md'), 'utf8');
const policies = ['holdfast', 'holdfast_sql']
  .map((name) => readFileSync(join(raddb, 'policy.d', name), 'utf8'))
  .join('');

describe('docs/radius.md', () => {
  it('names every shipped file', () => {
    expect(shippedFiles.map(({ path }) => path).filter((path) => !text.includes(`\`${path}\``))).toEqual([]);
  });

  it('names every option', () => {
    const options = readFileSync(join(raddb, 'holdfast/options.conf'), 'utf8').match(/^holdfast_\w+/gm) ?? [];
    expect(options.length).toBeGreaterThan(0);
    expect(options.filter((option) => !text.includes(`\`${option}\``))).toEqual([]);
  });

  it('has what a refused user is told, by the mapper and by FreeRADIUS', () => {
    const told = refusals.filter((reason) => reason !== 'busy').map((reason) => refusalText(reason));
    const own = [...policies.matchAll(/&Reply-Message := "([A-Z][^"%]+)"/g)].map(
      ([, sentence = '']) => sentence,
    );
    expect(own.length).toBeGreaterThan(0);
    const plain = text.replaceAll('since … UTC.', '');
    expect([...told, ...own].filter((sentence) => !plain.includes(sentence.replace(/\.$/, '')))).toEqual([]);
  });
});

describe('the degraded mode', () => {
  it('refuses in the words of the mapper', () => {
    const told = ['disabled', 'suspended', 'deleted', 'unknown-nas', 'wrong-password'] as const;
    expect(
      told.map((reason) => refusalText(reason)).filter((sentence) => !policies.includes(sentence)),
    ).toEqual([]);
  });
});

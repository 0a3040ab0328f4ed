/** The operator's page of the panel against the settings, metrics and limits of the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricTable } from '@holdfast/host/metrics';
import { describe, expect, it } from 'vitest';
import { panelSettings } from '../../apps/panel/src/serve/panel-command.ts';
import { repository } from '../support/repository.ts';

const page = readFileSync(join(repository, 'docs/panel.md'), 'utf8');

/** The first cells of a table, the words in backquotes of each. */
function namesIn(heading: string): readonly string[] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const cells = section.split('\n').filter((line) => line.startsWith('| `'));
  return cells.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

describe('docs/panel.md', () => {
  it('tells every setting, and no other', () => {
    const flags = Object.values(panelSettings).map(({ flag }) => flag);
    expect(namesIn('Settings').toSorted()).toEqual(flags.toSorted());
  });

  it('tells every metric of the panel, with its labels', () => {
    const own = Object.keys(metricTable).filter((name) => name.startsWith('holdfast_panel_'));
    const told = namesIn('Endpoints and metrics').filter((name) => name.startsWith('holdfast_panel_'));
    expect(told.toSorted()).toEqual(own.toSorted());
    for (const name of own) {
      const { labels } = metricTable[name as keyof typeof metricTable];
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
      expect([...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, label]) => label)).toEqual(labels);
    }
  });
});

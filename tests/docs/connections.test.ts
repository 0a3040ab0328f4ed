/** `docs/connections.md` and the state machine of connections say the same: the table, the picture, who is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  accessOf,
  type Cell,
  type CustomerStatus,
  customerTransitions,
  phaseOf,
  phases,
  reasonsByStrength,
  refusalOf,
  transitions,
} from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/repository.ts';
import { codesOf, tablesOf } from './markdown.ts';
import { sourceFiles } from './source-files.ts';

const document = readFileSync(join(repository, 'docs/connections.md'), 'utf8');
const tables = tablesOf(document);

describe('docs/connections.md', () => {
  it('shows every cell of the transition table', () => {
    const { columns, rows } = tableUnder('Transitions');
    const events = Object.keys(transitions.PREPROVISIONED);
    expect(columns).toEqual(['event', ...phases]);
    expect(rows).toEqual(
      events.map((event) => [
        `\`${event}\``,
        ...phases.map((phase) =>
          wordsOf(transitions[phase][event as keyof (typeof transitions)[typeof phase]], phase),
        ),
      ]),
    );
  });

  it('pictures every transition that leaves a phase, and no other', () => {
    const drawn = [...document.matchAll(/^ {4}(\S.*?) --> (\S.*?): (.+)$/gm)].flatMap(
      ([, from, to, by = '']) => by.split(', ').map((event) => `${named(from)} --> ${named(to)}: ${event}`),
    );
    const moves = phases.flatMap((phase) =>
      Object.entries(transitions[phase]).flatMap(([event, cell]) =>
        cell.kind === 'goes' && cell.to !== phase ? [`${phase} --> ${cell.to}: ${event}`] : [],
      ),
    );
    expect(drawn.toSorted()).toEqual([...moves, '[*] --> PREPROVISIONED: provision'].toSorted());
  });

  it('names the phases of the picture', () => {
    expect([...names.values()].toSorted()).toEqual(['DISABLED, claimed', 'DISABLED, unclaimed']);
    expect(phaseOf({ status: 'DISABLED', customerId: null })).toBe('DISABLED, unclaimed');
  });

  it('says what a status, a reason and a customer let a connection do', () => {
    const customers: readonly (CustomerStatus | null)[] = [null, 'active', 'suspended', 'deleted'];
    const { rows } = tableUnder('Access');
    for (const [status = '', customer = '', free = '', reasoned = ''] of rows) {
      const meant = customers.filter((one) => codesOf(customer).includes(one ?? 'none'));
      expect(meant.length, `${status} ${customer}`).toBeGreaterThan(0);
      for (const customerStatus of meant) {
        const standing = { status: codesOf(status)[0] as 'CLAIMED', customerStatus };
        expect(accessOf({ ...standing, restrictedReason: null })).toBe(free);
        expect(accessOf({ ...standing, restrictedReason: 'QUOTA' })).toBe(reasoned);
      }
    }
    expect(rows.map(([status = '']) => codesOf(status)[0])).toEqual(
      expect.arrayContaining(['PREPROVISIONED', 'CLAIMED', 'DISABLED']),
    );
  });

  it('has the reasons in the order of their strength', () => {
    expect(tableUnder('Reasons').rows.map(([reason = '']) => codesOf(reason)[0])).toEqual(reasonsByStrength);
  });

  it('shows every cell of the table of customers', () => {
    const { columns, rows } = tableUnder('Customers');
    const statuses = Object.keys(customerTransitions) as CustomerStatus[];
    expect(columns).toEqual(['event', ...statuses]);
    expect(rows).toEqual(
      (['suspend', 'activate', 'delete'] as const).map((event) => [
        `\`${event}\``,
        ...statuses.map((status) => {
          const to = customerTransitions[status][event];
          if (to === 'refused') return '`CUSTOMER_DELETED`';
          return to === status ? 'nothing' : `→ ${to}`;
        }),
      ]),
    );
  });
});

describe('restricted_effective', () => {
  it('is written by nobody but with what the one derivation says', () => {
    const writers = sourceFiles('packages', 'apps')
      .filter(({ path }) => !/\.test\.ts$|-contract\.ts$|\/tables\.ts$/.test(path))
      // The pages show what a change will do, and the schema says what is told: neither stores anything.
      .filter(({ path }) => !/^apps\/panel\/ui\/|^packages\/panel-client\//.test(path))
      .filter(({ text }) => /(?<!readonly )restricted_effective: (?!\{ isDerived: true)/.test(text));
    expect(writers.length).toBeGreaterThan(0);
    const own = /restricted_effective: (?!sqlBoolean\(|restricts\(|SqlBoolean|readonly|\{ isDerived: true)/;
    expect(writers.filter(({ text }) => own.test(text)).map(({ path }) => path)).toEqual([]);
    expect(
      writers.filter(({ text }) => !/\brestrictedEffective\(/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });
});

function tableUnder(heading: string) {
  const table = tables.find((each) => each.heading === heading);
  if (table === undefined) throw new Error(`no table under ${heading}`);
  return table;
}

/** What the table says of a cell: where it goes or why not, and the refusals of its conditions. */
function wordsOf(cell: Cell, phase: string): string {
  const unless = [...new Set(cell.needs.map((need) => refusalOf[need]))].map((code) => `\`${code}\``);
  if (cell.kind === 'nothing') return 'nothing';
  if (cell.kind === 'refused') return [...unless, `\`${cell.code}\``].join(' or ');
  const change = cell.to === phase ? 'stays' : `→ ${cell.to}`;
  return unless.length === 0 ? change : `${change}, or ${unless.join(', ')}`;
}

/** Names that the picture gives to phases whose own has a comma: `state "DISABLED, unclaimed" as Unclaimed`. */
const names = new Map(
  [...document.matchAll(/^ {4}state "([^"]+)" as (\S+)$/gm)].map(([, phase = '', name = '']) => [
    name,
    phase,
  ]),
);

function named(name = ''): string {
  return names.get(name) ?? name;
}

/** The same changes in the words of a report: per object, what was expected and what was found. */
import type { Changes } from './changes.ts';

/** One object that differs. Null means that the object is absent, or is to be. */
export interface DriftEntry {
  readonly layer: 'nft' | 'tc';
  /** Such as `restricted 10.0.0.7`, `class-of 10.0.0.7`, `class 3:1f`, `class ppp0`, `table inet holdfast`, `root qdisc`, `device holdfast-up`. */
  readonly object: string;
  readonly expected: string | null;
  readonly actual: string | null;
}

/** Every difference, scaffolds first, and what is somebody else's and left alone; empty for an empty difference. */
export function driftOf(changes: Changes): readonly DriftEntry[] {
  return [...scaffoldDrift(changes), ...deviceDrift(changes), ...nftDrift(changes), ...tcDrift(changes)];
}

function deviceDrift({ down, leftovers }: Changes): readonly DriftEntry[] {
  return [
    ...down.map(({ device, isOurs }) => ({
      layer: 'tc' as const,
      object: `device ${device}`,
      expected: 'up',
      actual: isOurs ? 'down' : 'left alone: down',
    })),
    ...leftovers.map(({ kind, device }) => ({
      layer: 'tc' as const,
      object: kind === 'upload' ? `device ${device}` : `${kind} of ${device}`,
      expected: null,
      actual: 'left behind',
    })),
  ];
}

function scaffoldDrift({ nftScaffold, tcScaffold, uploadScaffold }: Changes): readonly DriftEntry[] {
  return [
    ...scaffoldEntry('nft', 'table inet holdfast', nftScaffold),
    ...scaffoldEntry('tc', 'root qdisc', tcScaffold),
    ...scaffoldEntry('tc', 'upload tree', uploadScaffold),
  ];
}

function scaffoldEntry(
  layer: 'nft' | 'tc',
  object: string,
  change: Changes['nftScaffold'] | Changes['tcScaffold'],
): readonly DriftEntry[] {
  if (change.kind === 'keep') return [];
  const actual = change.kind === 'rebuild' ? change.because.join('; ') : null;
  return [{ layer, object, expected: 'intact', actual }];
}

function nftDrift({ restricted, classOf }: Changes): readonly DriftEntry[] {
  const layer = 'nft' as const;
  const present = 'restricted';
  return [
    ...restricted.add.map((address) => ({
      layer,
      object: `restricted ${address}`,
      expected: present,
      actual: null,
    })),
    ...restricted.remove.map((address) => ({
      layer,
      object: `restricted ${address}`,
      expected: null,
      actual: present,
    })),
    ...classOf.set.map(({ address, from, to }) => ({
      layer,
      object: `class-of ${address}`,
      expected: to,
      actual: from,
    })),
    ...classOf.remove.map(({ address, from }) => ({
      layer,
      object: `class-of ${address}`,
      expected: null,
      actual: from,
    })),
  ];
}

function tcDrift({ classes, foreign }: Changes): readonly DriftEntry[] {
  const layer = 'tc' as const;
  return [
    ...classes.add.map(({ classId, rate }) => ({
      layer,
      object: `class ${classId}`,
      expected: rate,
      actual: null,
    })),
    ...classes.change.map(({ classId, from, to }) => ({
      layer,
      object: `class ${classId}`,
      expected: to,
      actual: from,
    })),
    ...classes.remove.map(({ classId, from }) => ({
      layer,
      object: `class ${classId}`,
      expected: null,
      actual: from,
    })),
    ...foreign.map(({ classId, to, found }) => ({
      layer,
      object: `class ${classId}`,
      expected: to,
      actual: `left alone: ${found}`,
    })),
  ];
}

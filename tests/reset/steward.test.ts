/**
 * The steward pattern in full: TriggerReason → DecisionPolicy → ActionPlan → ResetExecutor. A document whose content
 * others derive from is damaged beyond its last good generation; it and its dependants are reset as one action.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ActionPlan, type DecisionPolicy, planOf, type TriggerReason } from '@holdfast/action-plan';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Held, isHoldfastError } from '@holdfast/base';
import type { ResetAction } from '@holdfast/reset-executor';
import { StateReader } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ResetWorld } from './reset-world.ts';

const scope = 'ip-salt';
const salt = z.object({ salt: z.string() });
const counters = z.record(z.string(), z.number());

type SaltReason = TriggerReason<'start' | 'timer' | 'manual'>;

interface SaltFacts {
  readonly condition: 'whole' | 'absent' | 'damaged' | 'unreadable';
  readonly freshSalt: string;
  /** Documents whose keys are made with the salt. */
  readonly dependants: readonly string[];
}

/** Pure: facts in, verdict out. */
const saltPolicy: DecisionPolicy<SaltReason, SaltFacts, ResetAction> = (reason, facts) => {
  const { condition, freshSalt, dependants } = facts;
  if (condition === 'unreadable') return { kind: 'refuse', because: 'an unreadable salt may still be right' };
  if (condition === 'whole' && reason.kind !== 'manual')
    return { kind: 'keep', because: 'the salt is whole' };
  const removals = dependants.map((path) => ({ kind: 'remove', path }) as const);
  const replacement = { kind: 'replace', path: 'salt', value: { salt: freshSalt } } as const;
  return { kind: 'act', actions: [...removals, replacement], because: `the salt is ${condition}` };
};

describe('a steward', () => {
  let world: ResetWorld;
  const writer = new AtomicWriter();
  const saltReader = new StateReader({ validator: salt, writer, scope });
  const countReader = new StateReader({ validator: counters, writer, scope });
  const at = (path: string) => join(world.root, path);
  const underLock = <Result>(work: (held: Held) => Promise<Result>) => world.runner.run(scope, {}, work);

  beforeEach(async () => {
    world = new ResetWorld();
    await underLock(async (held) => {
      for (const text of ['first', 'second'])
        await saltReader.update(at('salt'), held, () => ({ salt: text }));
      for (const path of ['logins', 'captchas']) {
        await countReader.update(at(path), held, () => ({ second: 1 }));
        await countReader.update(at(path), held, () => ({ second: 2 }));
      }
    });
  });

  afterEach(() => world[Symbol.dispose]());

  const conditionOf = async (): Promise<SaltFacts['condition']> => {
    try {
      return (await saltReader.read(at('salt'))).source === 'absent' ? 'absent' : 'whole';
    } catch (error) {
      if (isHoldfastError(error, 'DOCUMENT_INVALID')) return 'damaged';
      return 'unreadable';
    }
  };

  const decide = async (reason: SaltReason): Promise<ActionPlan<SaltReason, ResetAction> | undefined> => {
    const facts = { condition: await conditionOf(), freshSalt: 'fresh', dependants: ['logins', 'captchas'] };
    return planOf(reason, saltPolicy(reason, facts), {
      mode: 'apply',
      waitMs: 30_000,
      priority: 'interactive',
    });
  };

  it('resets a damaged document with its dependants, and takes that back', async () => {
    for (const path of ['salt', 'salt.last-good']) writeFileSync(at(path), 'damaged beyond repair');
    const plan = await decide({ kind: 'start', scope });
    if (plan === undefined) throw new Error('the policy kept a damaged salt');

    const shown = await world.executor.plan(plan); // what a dry run prints
    expect(shown.files.map(({ path, action }) => `${action} ${path}`)).toEqual([
      'remove logins.last-good',
      'remove logins',
      'remove captchas.last-good',
      'remove captchas',
      'remove salt.last-good',
      'replace salt',
    ]);
    expect(shown.files.at(-1)?.before).toMatchObject({ document: { kind: 'damaged' } });

    const receipt = await underLock((held) => world.executor.execute(shown, held));
    expect(saltReader.readSync(at('salt')).value).toEqual({ salt: 'fresh' });
    expect(['logins', 'captchas'].map((path) => countReader.readSync(at(path)).source)).toEqual([
      'absent',
      'absent',
    ]);
    expect(await world.executor.list()).toMatchObject([
      { id: receipt.id, status: 'undoable', reason: { kind: 'start', scope } },
    ]);

    await underLock((held) => world.executor.undo(receipt.id, held));
    expect(countReader.readSync(at('logins'))).toMatchObject({ value: { second: 2 }, source: 'current' });
    await expect(saltReader.read(at('salt'))).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
  });

  it('keeps a whole document, and asks for no lock', async () => {
    expect(await decide({ kind: 'timer', scope })).toBeUndefined();
    expect(existsSync(at('.trash'))).toBe(false);
  });

  it('refuses a document that it cannot read', () => {
    const facts = { condition: 'unreadable', freshSalt: 'fresh', dependants: [] } as const;
    expect(saltPolicy({ kind: 'start', scope }, facts).kind).toBe('refuse');
  });
});

/** Counters on a tmpfs: resets that cannot span two file systems. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileRateLimits } from '../rate-limit/file-rate-limits.ts';
import { SaltedRateLimits } from '../rate-limit/salted-rate-limits.ts';
import { documentsOf, loginLimit, StewardWorld } from '../testing/steward-world.ts';
import { findStores } from './stores-on-disk.ts';

describe('counters on a file system of their own', () => {
  it('have a trash of their own, and stay when the salt is reset: no key leads to them any more', async () => {
    using place = new StewardWorld();
    const counters = join(place.home, 'tmpfs');
    const { runner, clock, directory } = place;
    const limits = new SaltedRateLimits(new FileRateLimits({ directory: counters, runner }), place.salt);
    const { stewards, resets } = findStores({ directory, rateLimitDirectory: counters, runner, clock });
    const byName = new Map(stewards.map((steward) => [steward.area.name, steward]));
    await limits.take(loginLimit, 'somebody', 10);

    const reset = async (name: string) => {
      const steward = byName.get(name);
      if (steward === undefined) throw new Error(`there is no area ${name}`);
      const documents = await documentsOf(steward.area);
      const findings = documents.map((document) => ({
        document,
        reason: steward.reasonOf('manual', document),
      }));
      const [report] = await steward.attend(findings, { mode: 'apply' });
      return report?.reset;
    };
    const made = await reset('salt:ip');
    expect(made?.files.map(({ path }) => path)).toEqual(['salt/ip.json.last-good', 'salt/ip.json']);
    expect((await limits.take(loginLimit, 'somebody', 10)).isAllowed).toBe(true);
    await resets.undo(made?.id ?? '', { overwrite: true });
    expect((await limits.take(loginLimit, 'somebody', 1)).isAllowed).toBe(false);

    await reset('rate-limit');
    expect(existsSync(join(counters, '.trash'))).toBe(true);
    expect((await limits.take(loginLimit, 'somebody', 10)).isAllowed).toBe(true);
  });
});

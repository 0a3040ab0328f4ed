/** The log over HTTP, on any database: every change once, newest first, and what a filter leaves of it. */
import type { AuditEntry, AuditPage } from '@holdfast/panel-client/schema';
import { describe, expect, it } from 'vitest';
import type { MakeDatabase } from '../../../../packages/mutations/src/testing/engines.ts';
import { intent } from '../testing/intent.ts';
import { usePanelWorld } from '../testing/panel-world.ts';

export function auditContract(name: string, make: MakeDatabase): void {
  describe(`the log over HTTP on ${name}`, () => {
    const { world } = usePanelWorld(make, { clock: stillClock });

    it('has every change once, also where many were made in one moment', async () => {
      const ana = await world().customer('ana');
      const { id } = await world().connection({ owner: ana });
      for (let version = 2; version < 7; version += 1) {
        const as = version % 2 === 0 ? ana : world().admin;
        const rename = { as, body: { ...intent(version), label: `label ${version}` } };
        expect((await world().request('PATCH', `/v1/connections/${id}`, rename)).status).toBe(200);
      }
      const suspend = { as: world().admin, body: intent(1) };
      await world().request('POST', `/v1/customers/${ana.id}/suspend`, suspend);
      const seen: AuditEntry[] = [];
      for (let next: string | null = ''; next !== null; ) {
        const page: AuditPage = await log(`?limit=2${next && `&cursor=${next}`}`);
        seen.push(...page.items);
        next = page.next;
      }
      const told = seen.map(({ kind, version, by }) => `${kind} ${version} ${by.id}`);
      expect(told).toEqual([
        'vpn_connection 7 c1',
        'vpn_connection 6 a1',
        'vpn_connection 5 c1',
        'vpn_connection 4 a1',
        'vpn_connection 3 c1',
        'customer 2 a1',
      ]);
      expect(seen.at(-1)).toMatchObject({
        operation: 'POST /v1/customers/{id}/suspend',
        paths: ['status'],
        previous: { status: 'active' },
        at: new Date(stillMs).toISOString(),
      });
      const found = async (query: string) => (await log(query)).items.length;
      expect(await found('?by=c1')).toBe(3);
      expect(await found('?kind=customer')).toBe(1);
      expect(await found(`?kind=vpn_connection&id=${id}&by=a1`)).toBe(2);
      expect(await found('?id=2')).toBe(0);
      const at = new Date(stillMs).toISOString();
      expect(await found(`?from=${at}`)).toBe(6);
      expect(await found(`?to=${at}`)).toBe(0);
    });

    const log = async (query: string) =>
      (await world().request<AuditPage>('GET', `/v1/audit${query}`, { as: world().admin })).body;
  });
}

/** Soon, so that the logins of the tests count at it; by the other clock time goes on. */
const stillMs = Date.now() + 1_000;
const stillClock = {
  wallMs: () => stillMs,
  monotonicMs: () => performance.now(),
  sleep: () => new Promise<void>(() => undefined),
};

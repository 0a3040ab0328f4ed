/** The list of connections, on any database: what is on it, in which order, and how fresh it is. */
import type { ConnectionPage } from '@holdfast/panel-client/schema';
import { describe, expect, it } from 'vitest';
import type { MakeDatabase } from '../../../../packages/mutations/src/testing/engines.ts';
import { intent } from '../testing/intent.ts';
import type { PanelUser } from '../testing/panel-user.ts';
import { type PanelWorld, usePanelWorld } from '../testing/panel-world.ts';

export function listContract(name: string, make: MakeDatabase): void {
  describe(`the list of connections on ${name}`, () => {
    const { world, another } = usePanelWorld(make);

    async function filled(): Promise<PanelUser> {
      const ana = await world().customer('ana');
      await world().connection({
        owner: ana,
        label: 'Router 100%',
        userName: 'ana_1@gw',
        staticIp: '192.0.2.7',
      });
      await world().connection({ owner: ana, label: 'laptop', userName: 'ana-2@gw' });
      await world().connection({ label: 'Camera', userName: 'Cam\\3@gw' });
      await world().connection({});
      await world().connection({ label: 'Ärger!' });
      return ana;
    }

    const list = async (query = '', as = world().admin, of: PanelWorld = world()) =>
      (await of.request<ConnectionPage>('GET', `/v1/connections${query}`, { as })).body;
    const ids = async (query: string, as?: PanelUser) => (await list(query, as)).items.map(({ id }) => id);

    it('finds what is searched for, and takes no sign for another', async () => {
      const ana = await filled();
      const found: readonly (readonly [string, readonly string[]])[] = [
        ['router', ['1']],
        ['LAP', ['2']],
        ['%', ['1']],
        ['_', ['1']],
        ['a_1', ['1']],
        ['\\', ['3']],
        ['!', ['5']],
        ['Ä', ['5']],
        ['192.0.2', ['1']],
        ['4', ['4']],
        ['ANA@example', ['1', '2']],
        ["' or 1=1 --", []],
        ['\u0000', []],
        ['', ['1', '2', '3', '4', '5']],
      ];
      for (const [search, expected] of found)
        expect([search, await ids(`?search=${encodeURIComponent(search)}`)]).toEqual([search, expected]);
      // Whose it is, is nothing that a customer could look for; their own things are.
      expect(await ids('?search=ana%40example', ana)).toEqual([]);
      expect(await ids('?search=ana-2', ana)).toEqual(['2']);
      expect(await ids('?search=3', ana)).toEqual([]);
    });

    it('filters, and counts what the filter leaves', async () => {
      const ana = await filled();
      expect(await list('?status=CLAIMED&limit=1')).toMatchObject({ total: 2, items: [{ id: '1' }] });
      expect(await ids(`?customer=${ana.id}`)).toEqual(['1', '2']);
      expect(await ids('?restricted=true')).toEqual([]);
      expect(await ids('?restricted=false&status=PREPROVISIONED')).toEqual(['3', '4', '5']);
      const body = { ...intent(1), reason: 'QUOTA' };
      await world().request('POST', '/v1/connections/3/restrict', { as: world().admin, body });
      expect(await ids('?restricted=true')).toEqual(['3']);
    });

    it('comes in pages, each connection once, in every order', async () => {
      await filled();
      const orders = {
        id: ['1', '2', '3', '4', '5'],
        '-id': ['5', '4', '3', '2', '1'],
        label: ['4', '3', '2', '1', '5'],
        '-label': ['5', '1', '2', '3', '4'],
      };
      for (const [sort, expected] of Object.entries(orders)) {
        for (const limit of [1, 2, 5])
          expect([sort, limit, await paged(sort, limit)]).toEqual([sort, limit, expected]);
        const { next } = await list(`?sort=${sort}&limit=1`);
        const other = `/v1/connections?sort=${sort === 'id' ? '-id' : 'id'}&cursor=${next}`;
        expect((await world().request('GET', other, { as: world().admin })).status).toBe(400);
      }
    });

    async function paged(sort: string, limit: number): Promise<readonly string[]> {
      const seen: string[] = [];
      for (let next: string | null = ''; next !== null; ) {
        const page: ConnectionPage = await list(`?sort=${sort}&limit=${limit}${next && `&cursor=${next}`}`);
        expect(page.total).toBe(5);
        seen.push(...page.items.map(({ id }) => id));
        next = page.next;
      }
      return seen;
    }

    it('is fresh after every change, whichever process made it, and is kept as long as there is none', async () => {
      const ana = await filled();
      const far = another();
      const first = async (of: PanelWorld, as: PanelUser) =>
        (await list('?limit=1', as, of)).items[0]?.value.label;
      const everywhere = () =>
        Promise.all([world(), far].flatMap((of) => [first(of, world().admin), first(of, ana)]));
      await everywhere();
      const { fills } = world().parts.cache.counts;
      await everywhere();
      expect(world().parts.cache.counts.fills).toBe(fills);
      for (const [version, label, by] of [
        [2, 'One', world()],
        [3, 'Two', far],
      ] as const) {
        const rename = { as: ana, body: { ...intent(version), label } };
        expect((await by.request('PATCH', '/v1/connections/1', rename)).status).toBe(200);
        expect(await everywhere()).toEqual([label, label, label, label]);
      }
      const edit = { as: world().admin, body: { ...intent(1), email: 'ana@new.example' } };
      await far.request('PATCH', `/v1/customers/${ana.id}`, edit);
      expect((await list('?limit=1')).items[0]?.customer).toBe('ana@new.example');
    });
  });
}

/**
 * From the page to the kernel and back, on the demo of `npm start`: a client that FreeRADIUS has let in, a conflict about its
 * rate, and what somebody deletes by hand with nft and tc.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Demo, startDemo, until } from '../start-demo.ts';
import { isMissing } from '../support/needs.ts';
import { type Visitor, visit } from '../support/panel-browser.ts';
import { radclient } from '../support/radclient.ts';
import { fields, openConnection } from './connection-page.ts';
import { describeInBrowser } from './ground.ts';

const client = { user: 'demo-ana-laptop@gw1', address: '198.51.100.11' };
const device = 'hf0';

describe.skipIf(isMissing('root', 'nft', 'freeradius'))('the demo', () => {
  describeInBrowser('in the browser', (ground) => {
    let demo: Demo;
    let visitor: Visitor;
    let id: string;
    beforeAll(async () => {
      demo = await startDemo(['--no-traffic']);
      await connect(demo);
      const page = await demo.asAdmin('GET', `/v1/connections?search=${encodeURIComponent(client.user)}`);
      id = page.body.items[0].id;
    });
    afterAll(async () => {
      await visitor?.[Symbol.asyncDispose]();
      await demo?.[Symbol.asyncDispose]();
    });
    /** The demo has one admin, and a bucket of logins that is soon empty. */
    const admin = async () => {
      visitor ??= await visit(ground().browser, { url: demo.url, as: await adminOf(demo) });
      return visitor;
    };

    it.each([
      { side: 'Mío', mine: 30_000, theirs: 45_000, rate: '30Mbit' },
      { side: 'Servidor', mine: 20_000, theirs: 40_000, rate: '40Mbit' },
    ] as const)(
      'has the rate that wins a conflict in the kernel: $side',
      async ({ side, mine, theirs, rate }) => {
        const at = await openConnection(await admin(), id);
        await at.down.fill(String(mine));
        await write(demo, id, { down_kbit: theirs });
        await at.save.click();
        await at.dialog.choice(fields.rates, side).check();
        await at.dialog.apply.click();
        const beganMs = performance.now();
        await at.dialog.root.waitFor({ state: 'hidden' });
        await until(
          () => classOf(demo),
          ({ line }) => line.includes(`rate ${rate}`),
        );
        process.stdout.write(
          `the kernel followed ${Math.round(performance.now() - beganMs)} ms after «apply»\n`,
        );
        const { body } = await demo.asAdmin('GET', `/v1/connections/${id}`);
        expect(body.value.down_kbit).toBe(Number.parseInt(rate, 10) * 1_000);
        await at.page.close();
      },
    );

    it('shows what was deleted by hand as missing, until the daemon has put it back', async () => {
      const page = await (await admin()).open('/gateways/gw1');
      await page.getByText(client.address).first().waitFor({ state: 'attached' });
      const missing = page.getByRole('table', { name: 'Diferencias' }).getByRole('row', { name: /falta/ });
      const isShown = async () => (await missing.count()) === 2;
      const deleteBoth = () => {
        const { id: classid } = classOf(demo);
        demo.inside('nft', 'delete', 'element', 'inet', 'holdfast', 'class4', `{ ${client.address} }`);
        demo.inside('tc', 'class', 'delete', 'dev', device, 'classid', classid);
      };
      deleteBoth();
      const deletedMs = performance.now();
      // Again, when the daemon happens to repair it before anybody can see.
      await until(isShown, (shown) => {
        if (!shown && classOf(demo).id !== '') deleteBoth();
        return shown;
      });
      const shownMs = Math.round(performance.now() - deletedMs);
      process.stdout.write(`the page showed what is missing ${shownMs} ms after it was deleted\n`);
      await until(
        () => classOf(demo),
        ({ id: classid }) => classid !== '',
      );
      await missing.first().waitFor({ state: 'detached' });
    });
  });
});

/** By a real login and its Accounting-Start; the daemon does the rest. */
async function connect(demo: Demo): Promise<void> {
  const { clients } = JSON.parse(await readFile(join(demo.stateDir, 'demo/logins.json'), 'utf8'));
  const { secret } = clients.find(({ user }: { readonly user: string }) => user === client.user);
  const radius = await demo.radius();
  const who = [
    `User-Name = "${client.user}"`,
    'NAS-IP-Address = 127.0.0.1',
    'Calling-Station-Id = "203.0.113.11"',
  ];
  const { packet, values } = await radclient(radius, 'auth', [...who, `User-Password = "${secret}"`]);
  expect(packet).toBe('Access-Accept');
  await radclient(radius, 'acct', [
    ...who,
    'Acct-Status-Type = Start',
    'Acct-Session-Id = "browser-1"',
    `Framed-IP-Address = ${client.address}`,
    ...(values.Class === undefined ? [] : [`Class = ${values.Class}`]),
  ]);
  await until(
    () => classOf(demo),
    (found) => found.id !== '',
  );
}

/** The tc class that nft sends packets to the client to. */
function classOf(demo: Demo): { readonly id: string; readonly line: string } {
  const map = demo.inside('nft', 'list', 'map', 'inet', 'holdfast', 'class4');
  const id =
    new RegExp(`${client.address.replaceAll('.', '\\.')} : ([\\da-f]+:[\\da-f]+)`).exec(map)?.[1] ?? '';
  const classes = demo.inside('tc', 'class', 'show', 'dev', device).split('\n');
  const line = classes.find((each) => id !== '' && each.includes(` ${id} `)) ?? '';
  return { id: line === '' ? '' : id, line };
}

async function write(demo: Demo, id: string, patch: { readonly down_kbit: number }): Promise<void> {
  const { body } = await demo.asAdmin('GET', `/v1/connections/${id}`);
  const change = { version: body.version, clientMutationId: crypto.randomUUID(), ...patch };
  const { status } = await demo.asAdmin('PATCH', `/v1/connections/${id}`, change);
  expect(status).toBe(200);
}

async function adminOf(demo: Demo): Promise<{ readonly email: string; readonly password: string }> {
  return JSON.parse(await readFile(join(demo.stateDir, 'demo/admin.json'), 'utf8'));
}

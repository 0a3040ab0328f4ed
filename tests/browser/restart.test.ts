/** A browser that is killed, with everything that was typed in it, and started again on the same profile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchOptions, visitorOf } from '../support/panel-browser.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { fields, openConnection } from './connection-page.ts';
import { describeInBrowser } from './ground.ts';
import { storedText } from './stored-text.ts';

interface OwnBrowser extends AsyncDisposable {
  readonly address: string;
  /** SIGKILL to all of its processes. */
  kill(): Promise<void>;
}

async function startBrowser(profile: string): Promise<OwnBrowser> {
  const { executablePath, args } = launchOptions;
  const flags = [
    '--headless=new',
    '--remote-debugging-port=0',
    '--accept-lang=es-ES',
    '--no-first-run',
    '--disable-sync',
  ];
  const child = spawn(executablePath, [...args, ...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, which is killed as one
  });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  };
  return { address: await addressOf(child), kill, [Symbol.asyncDispose]: kill };
}

async function addressOf({ stderr }: ChildProcess): Promise<string> {
  let said = '';
  for await (const text of stderr?.setEncoding('utf8').iterator({ destroyOnReturn: false }) ?? []) {
    said += String(text);
    const address = /ws:\/\/\S+/.exec(said)?.[0];
    if (address === undefined) continue;
    stderr?.resume();
    return address;
  }
  throw new Error(`the browser has ended: ${said}`);
}

describeInBrowser('a browser that is killed', (ground) => {
  it('has back what was typed when it is started again, and opens the conflict that came about meanwhile', async () => {
    await using profile = await temporaryDirectory();
    const { url, admin } = ground().place;
    const [saved, changed] = [
      await ground().connection({ label: 'Casa' }),
      await ground().connection({ label: 'Casa' }),
    ];
    {
      await using own = await startBrowser(profile.path);
      const browser = await chromium.connectOverCDP(own.address);
      const visitor = await visitorOf(browser.contexts()[0] ?? (await browser.newContext()), url);
      await visitor.login(admin);
      for (const id of [saved, changed]) {
        const at = await openConnection(visitor, id);
        await at.label.fill('Oficina');
        await expect.poll(() => storedText(at.page)).toContain(`"id":"${id}"`);
      }
      await own.kill();
    }
    await ground().edit(changed, { label: 'Almacén' });
    await using own = await startBrowser(profile.path);
    const browser = await chromium.connectOverCDP(own.address);
    const visitor = await visitorOf(browser.contexts()[0] ?? (await browser.newContext()), url);
    // A browser writes its cookies from time to time; one that was killed may have lost them.
    await visitor.login(admin);
    const first = await openConnection(visitor, saved);
    await expect.poll(() => first.label.inputValue()).toBe('Oficina');
    // The first tab has taken over what the tabs that are gone have left.
    await first.page.getByRole('button', { name: 'Cambios pendientes (2)' }).click();
    await first.page.getByRole('button', { name: 'Resolver' }).click();
    await first.dialog.row(fields.label).waitFor();
    expect(await first.dialog.mine(fields.label).inputValue()).toBe('Oficina');
    await browser.close();
  });
});

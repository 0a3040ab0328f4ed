/**
 * Before the cases in the browser: one panel on a database of its own, with one admin, and one Chromium. Called by vitest; what
 * fails here fails the cases that want the ground, and no other suite.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createPasswordHasher, encodeTime, type Truth } from '@holdfast/truth-db';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { isMissing } from '../support/needs.ts';
import { launchOptions } from '../support/panel-browser.ts';
import { startPanel } from '../support/panel-process.ts';
import { repository } from '../support/repository.ts';
import type { GroundPlace } from './ground.ts';

/** Other builds can be tried, whose guards are broken: of the pages, and of the panel. */
const { HOLDFAST_PANEL_SITE: site = join(repository, 'apps/panel/dist/site'), HOLDFAST_PANEL_BIN: bin } =
  process.env;
const admin = { email: 'root@example.org', password: 'an admin of the panel' };

export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (isMissing('chromium')) return undefined;
  await using stack = new AsyncDisposableStack();
  try {
    provide('browserGround', await layGround(stack));
  } catch (error) {
    process.stderr.write(`there is no ground for the cases in the browser: ${String(error)}\n`);
    return undefined;
  }
  const kept = stack.move();
  return () => kept.disposeAsync();
}

async function layGround(stack: AsyncDisposableStack): Promise<GroundPlace> {
  if (!existsSync(join(site, 'index.html')))
    throw new Error('the pages are not built: node scripts/build.mjs');
  const browser = await chromium.launchServer(launchOptions);
  stack.defer(() => browser.close());
  const panel = stack.use(await startPanel({ prepare: addAdmin, ...panelBuild }));
  const { url, database, stateDir } = panel;
  return { url, database, stateDir, admin, wsEndpoint: browser.wsEndpoint() };
}

/**
 * The panel and the pages that are tried, for every process of it. Each visitor claims an address of its own, so that one does not use
 * up the logins of another.
 */
export const panelBuild = {
  args: ['--trust-proxy', '127.0.0.0/8', '--site', site],
  ...(bin !== undefined && { bin }),
} as const;

export async function addAdmin({ db }: Truth): Promise<void> {
  const { email, password } = admin;
  const password_hash = await createPasswordHasher().hash(password);
  const row = {
    email,
    name: 'Root',
    password_hash,
    status: 'active',
    created_at: encodeTime(Date.now()),
  } as const;
  await db.insertInto('panel_admins').values(row).execute();
}

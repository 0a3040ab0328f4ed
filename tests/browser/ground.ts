/**
 * What every case in the browser stands on: one panel and one Chromium for all of them (`start-ground.ts`), and for each case
 * connections, customers and visitors of its own. Whoever else writes, writes through the API, as a program would.
 */
import { bumpTags } from '@holdfast/mutations';
import { type AuditEntry, type Connection, PanelClient } from '@holdfast/panel-client';
import { openTruth, type Truth } from '@holdfast/truth-db';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject } from 'vitest';
import { isMissing } from '../support/needs.ts';
import {
  type Credentials,
  nextAddress,
  type Visitor,
  type VisitorOptions,
  visit,
} from '../support/panel-browser.ts';

/** What the pages of the tests are given at the start, for all files. */
export interface GroundPlace {
  readonly url: string;
  readonly database: string;
  readonly stateDir: string;
  readonly admin: Credentials;
  /** Of the browser. */
  readonly wsEndpoint: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly browserGround: GroundPlace | undefined;
  }
}

export interface Customer extends Credentials {
  readonly id: number;
  readonly panel: PanelClient;
}

export interface ConnectionValues {
  readonly label?: string;
  readonly down_kbit?: number;
  readonly up_kbit?: number;
}

export interface Ground {
  readonly place: GroundPlace;
  readonly browser: Browser;
  /** As an admin, from a program. */
  readonly admin: PanelClient;
  readonly truth: Truth;
  /** With pages that are closed, and asked for their faults, behind the test. */
  visit(options?: Partial<VisitorOptions>): Promise<Visitor>;
  customer(): Promise<Customer>;
  /** @returns the id of a new connection; of a customer when there is one */
  connection(values?: ConnectionValues, owner?: Customer): Promise<string>;
  /** Somebody else's change. */
  edit(id: string, patch: ConnectionValues): Promise<void>;
  read(id: string): Promise<Connection>;
  /** All of it, the oldest first. */
  history(id: string): Promise<readonly AuditEntry[]>;
  /** For good, as no route does yet. */
  remove(id: string): Promise<void>;
}

let made = 0;
export const unique = (name: string) => {
  made += 1;
  return `${name}-${process.pid}-${made}`;
};

/** A suite that needs a browser; it is left out, by name, where there is none. */
export function describeInBrowser(name: string, cases: (ground: () => Ground) => void): void {
  describe.skipIf(isMissing('chromium'))(name, () => {
    let ground: Ground;
    const open: { browser?: Browser; truth?: Truth } = {};
    const visitors: Visitor[] = [];
    beforeAll(async () => {
      const place = inject('browserGround');
      if (place === undefined)
        throw new Error('there is no ground: see what tests/browser/start-ground.ts says');
      open.browser = await chromium.connect(place.wsEndpoint);
      open.truth = openTruth(place.database, { busyTimeoutMs: 30_000 });
      ground = await groundAt(place, { browser: open.browser, truth: open.truth, visitors });
    });
    afterEach(async () => {
      const faults = visitors.flatMap((visitor) => visitor.faults);
      await Promise.all(visitors.splice(0).map((visitor) => visitor[Symbol.asyncDispose]()));
      expect(faults).toEqual([]);
    });
    afterAll(async () => {
      await open.truth?.close();
      await open.browser?.close();
    });
    cases(() => ground);
  });
}

async function groundAt(
  place: GroundPlace,
  {
    browser,
    truth,
    visitors,
  }: { readonly browser: Browser; readonly truth: Truth; readonly visitors: Visitor[] },
): Promise<Ground> {
  const admin = await programOf(place, place.admin);
  const read = (id: string) => admin.connection(id);
  return {
    place,
    browser,
    admin,
    truth,
    visit: async (options) => {
      const visitor = await visit(browser, { url: place.url, ...options });
      visitors.push(visitor);
      return visitor;
    },
    customer: () => makeCustomer(place, admin),
    connection: (values, owner) => makeConnection(admin, values, owner),
    read,
    edit: async (id, patch) => {
      const { version } = await read(id);
      await changed(admin, 'PATCH', `/v1/connections/${id}`, { version, ...patch });
    },
    history: async (id) => {
      const { items } = await admin.connectionHistory(id, { limit: 500 });
      return items.toReversed();
    },
    remove: (id) =>
      truth.transaction(async (trx) => {
        await trx.deleteFrom('vpn_connections').where('id', '=', Number(id)).execute();
        await bumpTags(trx, [`vpn_connection:${id}`, 'vpn_connection']);
      }),
  };
}

async function programOf({ url }: GroundPlace, credentials: Credentials): Promise<PanelClient> {
  const address = nextAddress();
  const from: typeof fetch = (resource, init) =>
    fetch(resource, { ...init, headers: { ...(init?.headers as object), 'x-forwarded-for': address } });
  const panel = new PanelClient({ baseUrl: url, cookies: true, fetch: from });
  await panel.login(credentials);
  return panel;
}

async function makeCustomer(place: GroundPlace, admin: PanelClient): Promise<Customer> {
  const credentials = { email: `${unique('ana')}@example.org`, password: 'correct horse battery' };
  const { id } = await changed(admin, 'POST', '/v1/customers', credentials);
  return { ...credentials, id: Number(id), panel: await programOf(place, credentials) };
}

async function makeConnection(
  admin: PanelClient,
  values: ConnectionValues = {},
  owner?: Customer,
): Promise<string> {
  const made = await changed(admin, 'POST', '/v1/connections', { ...values });
  if (owner === undefined) return made.id;
  const { id } = await changed(owner.panel, 'POST', '/v1/claims', { token: made.once?.token ?? '' });
  return id;
}

interface Changed {
  readonly id: string;
  readonly version: number;
  readonly once?: { readonly token?: string };
}

/** A mutation that has to succeed. */
export async function changed(
  panel: PanelClient,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body: { readonly [name: string]: string | number | null | undefined },
): Promise<Changed> {
  const given = Object.fromEntries(Object.entries(body).filter((entry) => entry[1] !== undefined)) as {
    readonly [name: string]: string | number | null;
  };
  const answer = await panel.mutate({ method, path, body: given });
  if (answer.status >= 300 || answer.status === 0) {
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return answer.body as Changed;
}

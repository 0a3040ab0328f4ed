/**
 * The system's Chromium, and people in it. A context is a person on a device: cookies, storage and tabs that know of each other; a
 * page is a tab. Whatever a page complains of is a fault of its visitor, and a test with a fault fails: errors of scripts,
 * breaches of the content security policy, requests to anybody but the panel.
 */
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  ConsoleMessage,
  Page,
  Request,
} from 'playwright-core';
import { pathOf } from './needs.ts';
import { patienceMs } from './patience.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface VisitorOptions extends BrowserContextOptions {
  /** Where the panel is. */
  readonly url: string;
  /** Who is logged in already; nobody by default. */
  readonly as?: Credentials;
}

export interface Visitor extends AsyncDisposable {
  readonly context: BrowserContext;
  /** What its pages have complained of. */
  readonly faults: readonly string[];
  /** A new tab. @param path - on the panel */
  open(path: string): Promise<Page>;
  login(credentials: Credentials): Promise<void>;
}

/**
 * The headless build of Debian's Chromium: the same version from the same source without what draws windows, for half of the
 * processor time. Another one, the whole browser for example, is named by HOLDFAST_CHROMIUM.
 */
const { HOLDFAST_CHROMIUM: executablePath = pathOf('chromium-headless-shell') ?? pathOf('chromium') } =
  process.env;

export const launchOptions = {
  executablePath: executablePath ?? '/usr/bin/chromium',
  args: [
    // In a container there is no user to give a sandbox to, and little shared memory.
    ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--mute-audio'],
    // Fewer processes: a fifth less of what a case costs.
    ...['--in-process-gpu', '--process-per-site', '--disable-features=IsolateOrigins,site-per-process'],
  ],
};

/** Tells breaches of the policy by a way of its own: a page may hide what it writes on the console. */
const tellBreaches = `addEventListener('securitypolicyviolation', (breach) =>
  console.error('content security policy: ' + breach.effectiveDirective + ' ' + breach.blockedURI));`;

let visitors = 0;

/** Limits of logins go by the address: each visitor has one, where the panel trusts the proxy that it claims to be. */
export function nextAddress(): string {
  visitors += 1;
  const place = process.pid * 64 + visitors;
  return `10.${(place >> 16) & 255}.${(place >> 8) & 255}.${place & 255}`;
}

export async function visit(browser: Browser, options: VisitorOptions): Promise<Visitor> {
  const { url, as, ...contextOptions } = options;
  const context = await browser.newContext({
    locale: 'es-ES',
    timezoneId: 'Europe/Madrid',
    reducedMotion: 'reduce',
    ...contextOptions,
  });
  const visitor = await visitorOf(context, url);
  if (as !== undefined) await visitor.login(as);
  return visitor;
}

/** @param context - of a browser that was started in whatever way */
export async function visitorOf(context: BrowserContext, url: string): Promise<Visitor> {
  const faults: string[] = [];
  context.setDefaultTimeout(patienceMs);
  await context.addInitScript(tellBreaches);
  context.on('console', (message) => faults.push(...faultsOf(message)));
  context.on('weberror', (error) => faults.push(`error: ${error.error().stack ?? error.error().message}`));
  context.on('request', (request) => faults.push(...foreign(request, url)));
  const login = async ({ email, password }: Credentials) => {
    const answer = await context.request.post(`${url}/v1/auth/login`, {
      data: { email, password, attemptId: crypto.randomUUID() },
      headers: { 'x-forwarded-for': nextAddress() },
    });
    if (!answer.ok()) throw new Error(`${email} cannot log in: ${answer.status()} ${await answer.text()}`);
  };
  const open = async (path: string) => {
    const page = await context.newPage();
    await page.goto(`${url}${path}`);
    return page;
  };
  return { context, faults, open, login, [Symbol.asyncDispose]: () => context.close() };
}

/** That a request was answered with 4xx is no fault: tests cause them, and ask what the page makes of it. */
function faultsOf(message: ConsoleMessage): readonly string[] {
  const text = message.text();
  return message.type() === 'error' && !text.startsWith('Failed to load resource')
    ? [`console: ${text}`]
    : [];
}

function foreign(request: Request, url: string): readonly string[] {
  const place = new URL(request.url());
  const isOwn = place.origin === new URL(url).origin || ['data:', 'blob:', 'about:'].includes(place.protocol);
  return isOwn ? [] : [`request to ${request.url()}`];
}

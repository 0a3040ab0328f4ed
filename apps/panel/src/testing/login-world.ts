/**
 * A login page without a server: the routes as the panel mounts them, on a truth of the test, with a clock that the test
 * moves, hashes of little cost that are counted, and everything that is logged.
 */
import { hkdfSync, randomUUID } from 'node:crypto';
import { type Clock, type Log, systemClock } from '@holdfast/base';
import { Mutations } from '@holdfast/mutations';
import type { LoginLimits } from '@holdfast/runtime-stores';
import { addCustomer, createPasswordHasher, migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey as deriveSolution } from 'altcha-lib/algorithms/pbkdf2';
import { addAdmin } from '../admin/admins.ts';
import { answerError } from '../app/answer-error.ts';
import { limitBody, neverStored, requireJson } from '../app/api-limits.ts';
import { panelRouter } from '../app/panel-router.ts';
import { requireIdentity } from '../app/require-identity.ts';
import { tracing } from '../app/tracing.ts';
import { ownCaptcha } from '../login/login-captcha.ts';
import type { LoginEvent } from '../login/login-log.ts';
import { authRoutes } from '../login/login-routes.ts';
import { type EndReason, Logins, type LoginsOptions } from '../login/logins.ts';
import { LoginBrowser } from './login-browser.ts';

/** Of everybody. */
export const password = 'correct horse battery';
export const secret = 'a secret of the panel that is only good for tests';
export const ana = 'ana@example.com';
export const root = 'root@example.com';
const captchaSecret = 'a secret of sixteen characters';

export interface LoginWorldOptions extends Partial<Omit<LoginsOptions, 'truth' | 'clock'>> {
  /** Default: one in memory. It is migrated already, and stays open. */
  readonly truth?: Truth;
}

export interface LoginWorld extends AsyncDisposable {
  readonly truth: Truth;
  readonly logins: Logins;
  readonly clock: Clock;
  /** Everything that was logged, as JSON. */
  readonly logged: readonly string[];
  readonly events: readonly LoginEvent[];
  /** How long answers were kept back. */
  readonly slept: readonly number[];
  /** How many hashes were made. */
  hashes(): number;
  /** Moves the clock, back too; the monotonic one only forward. */
  pass(ms: number): void;
  /** @param address - where it is; 192.0.2.1 */
  browser(address?: string): LoginBrowser;
  /** An active customer with `password`. */
  customer(email: string): Promise<number>;
  /** A solution of what the panel offers now. */
  solvedCaptcha(): Promise<string>;
  /** As an admin's change of the customer does. */
  endLogins(customerId: number, reason: EndReason): Promise<void>;
  /** Another process on the same truth, with the same clock. */
  another(options?: LoginWorldOptions): LoginWorld;
}

/** With the admin `root` and the customer `ana`. */
export async function loginWorld(options: LoginWorldOptions = {}): Promise<LoginWorld> {
  const truth = options.truth ?? openTruth('sqlite::memory:');
  if (options.truth === undefined) await migrate(truth);
  const world = worldOn(truth, movableClock(), options);
  await world.customer(ana);
  const admin = { email: root, name: 'Root', password, atMs: world.clock.wallMs() };
  await addAdmin(truth, admin, cheapHasher());
  return world;
}

function worldOn(truth: Truth, time: MovableClock, options: LoginWorldOptions): LoginWorld {
  const { clock, slept, pass } = time;
  const logged: string[] = [];
  const events: LoginEvent[] = [];
  let hashes = 0;
  const passwords = cheapHasher({ onHash: () => (hashes += 1) });
  const log = recording(logged);
  const mutations = new Mutations({ truth, clock });
  const logins = new Logins({
    mutations,
    secret,
    passwords,
    captcha: easyCaptcha(),
    onEvent: (event) => events.push(event),
    ...options,
    log,
    truth,
    clock,
  });
  const app = panelRouter();
  app.use(tracing({ log, clock }));
  app.use('/v1/*', neverStored, limitBody, requireJson, requireIdentity(logins));
  app.onError(answerError(log));
  app.route('/', authRoutes({ logins, clientAddress: ({ req }) => req.header('test-address') ?? '' }));
  const request = (path: string, init: RequestInit) => Promise.resolve(app.request(path, init));
  return {
    truth,
    logins,
    clock,
    logged,
    events,
    slept,
    pass,
    hashes: () => hashes,
    browser: (address = '192.0.2.1') => new LoginBrowser(request, address),
    customer: async (email) => {
      const passwordHash = await passwords.hash(password);
      hashes -= 1;
      return await truth.transaction((trx) => addCustomer(trx, { email, passwordHash, at: clock.wallMs() }));
    },
    solvedCaptcha: async () => solve(await logins.captcha()),
    endLogins: async (customerId, reason) =>
      logins.noteEnded(await truth.transaction((trx) => logins.endAll(trx, customerId, reason))),
    another: (others = {}) => worldOn(others.truth ?? truth, time, { ...options, ...others }),
    [Symbol.asyncDispose]: async () => {
      if (options.truth === undefined) await truth.close();
    },
  };
}

/** Everything of the real one but the work; a hash of less memory is renewed. */
export function cheapHasher({
  memoryKib = 8,
  onHash,
}: {
  readonly memoryKib?: number;
  readonly onHash?: () => void;
} = {}) {
  return createPasswordHasher({
    cost: { memoryKib, passes: 1, lanes: 1 },
    derive: async (typed, salt, cost, bytes) => {
      onHash?.();
      return Buffer.from(hkdfSync('sha256', typed, salt, JSON.stringify(cost), bytes));
    },
  });
}

/** So little work that a solution is found at once. */
export function easyCaptcha() {
  return ownCaptcha({ secret: captchaSecret, cost: 1, keyPrefix: '0' });
}

/** As a widget presents it. */
export async function solve(offer: Awaited<ReturnType<Logins['captcha']>>): Promise<string> {
  const challenge = offer.challenge as unknown as Challenge;
  const solution = await solveChallenge({ challenge, deriveKey: deriveSolution });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
}

/** Wide enough for whatever a test is not about. */
export const wideLimits: LoginLimits = {
  ip: { name: 'login-ip', limit: 100_000, periodMs: 3_600_000, burst: 10_000 },
  accountIp: { name: 'login-account-ip', limit: 100_000, periodMs: 3_600_000, burst: 10_000 },
  account: { name: 'login-account', limit: 100_000, periodMs: 3_600_000, burst: 10_000 },
};

interface MovableClock {
  readonly clock: Clock;
  readonly slept: number[];
  readonly pass: (ms: number) => void;
}

/** Begins now: the library of the CAPTCHA goes by the clock of the machine too. */
function movableClock(): MovableClock {
  let wallMs = Date.now();
  let monotonicMs = 0;
  const slept: number[] = [];
  const pass = (ms: number) => {
    wallMs += ms;
    monotonicMs += Math.max(0, ms);
  };
  const clock: Clock = {
    ...systemClock,
    wallMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    sleep: async (ms) => {
      if (ms > 0) slept.push(ms);
    },
  };
  return { clock, slept, pass };
}

function recording(lines: string[]): Log {
  const write = (level: string) => (fields: object, event: string) => {
    const { err, ...facts } = fields as { readonly err?: unknown };
    lines.push(JSON.stringify({ level, event, ...facts, err: err === undefined ? undefined : String(err) }));
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** An id for an attempt. */
export function newAttempt(): string {
  return randomUUID();
}

/** A directory and servers for the stores of every backend that this machine has, and processes that use them. */
import { pbkdf2Sync } from 'node:crypto';
import { join } from 'node:path';
import { migrate, openTruth } from '@holdfast/truth-db';
import { type LockProcess, startLockProcess } from '../lock/lock-process.ts';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type Backend, backends, easyCaptcha } from './captcha-token-stores.ts';

const needs = { MariaDB: 'mariadb', Redis: 'redis' } as const;

/** Those whose server is installed. */
export const presentBackends = backends.filter(
  (backend) => !(backend in needs) || !isMissing(needs[backend as keyof typeof needs]),
);

export class CaptchaTokenWorld implements AsyncDisposable {
  readonly directory: string;
  /** As `openStores` takes it. */
  readonly places: ReadonlyMap<Backend, string>;
  readonly #stack: AsyncDisposableStack;

  private constructor(directory: string, places: ReadonlyMap<Backend, string>, stack: AsyncDisposableStack) {
    this.directory = directory;
    this.places = places;
    this.#stack = stack;
  }

  static async open(): Promise<CaptchaTokenWorld> {
    await using stack = new AsyncDisposableStack();
    const directory = stack.use(await temporaryDirectory()).path;
    const places = new Map<Backend, string>([['file', directory]]);
    places.set('SQLite', await migrated(`sqlite:${join(directory, 'truth.db')}`));
    if (presentBackends.includes('MariaDB')) {
      places.set('MariaDB', await migrated(await emptyDatabase(stack.use(await startMariadbServer()))));
    }
    if (presentBackends.includes('Redis'))
      places.set('Redis', stack.use(await startRedisServer()).socketPath);
    return new CaptchaTokenWorld(directory, places, stack.move());
  }

  placeOf(backend: Backend): string {
    const place = this.places.get(backend);
    if (place === undefined) throw new Error(`${backend} is missing`);
    return place;
  }

  /** A process that has opened the stores of every backend, or of some. */
  async process(opening: readonly Backend[] = presentBackends): Promise<LockProcess> {
    const child = await startLockProcess({
      directory: this.directory,
      scope: 'unused',
      script: '../stores/captcha-token-child.ts',
    });
    for (const backend of opening) await child.ask(`open ${backend} ${this.placeOf(backend)}`, 'opened');
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

async function migrated(url: string): Promise<string> {
  await using truth = openTruth(url);
  await migrate(truth);
  return url;
}

/** A CAPTCHA for `login:web` that was solved, as the widget sends it. */
export async function solvedCaptcha(): Promise<string> {
  const challenge = await easyCaptcha.challenge('login:web', Date.now());
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const password = Buffer.concat([Buffer.from(nonce, 'hex'), Buffer.alloc(4)]);
  for (let counter = 0; ; counter += 1) {
    password.writeUInt32BE(counter, password.length - 4);
    const key = pbkdf2Sync(password, Buffer.from(salt, 'hex'), cost, keyLength, 'sha256').toString('hex');
    if (!key.startsWith(keyPrefix)) continue;
    const solution = { counter, derivedKey: key };
    return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
  }
}

/**
 * A new password that somebody gives themselves. It ends all of their other logins in the transaction that stores it: whoever
 * has learnt the old one is out as soon as it counts no more. Their own login goes on.
 *
 * The old one is asked for, and asking is limited as logging in is: who finds an open session does not get to guess.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, isHoldfastError, systemClock } from '@holdfast/base';
import { customerKind, type Mutations, setPasswordHash } from '@holdfast/mutations';
import type { PasswordHasher, Truth } from '@holdfast/truth-db';
import type { Identity } from '../app/panel-env.ts';
import { type Account, readAccount, viewerOf } from './accounts.ts';
import { type LoginFamilies, loginProfile } from './login-families.ts';
import type { LoginLimits } from './login-limits.ts';
import type { PasswordChecks } from './password-checks.ts';

export interface PasswordChange {
  readonly current: string;
  readonly next: string;
  /** Of the client. */
  readonly address: string;
}

export type PasswordChanged =
  /** `ended`: the families that have. */
  | { readonly kind: 'changed'; readonly ended: readonly string[] }
  | { readonly kind: 'wrong' }
  /** The next one is too short or too long. */
  | { readonly kind: 'refused' }
  /** There is no active account any more. */
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'limited' | 'unavailable'; readonly retryAfterMs: number };

export interface PasswordChangesOptions {
  readonly truth: Truth;
  readonly mutations: Mutations;
  readonly passwords: PasswordHasher;
  readonly checks: PasswordChecks;
  readonly limits: LoginLimits;
  readonly families: LoginFamilies;
  readonly clock?: Clock | undefined;
}

const operation = 'POST /v1/auth/password';
const customers = customerKind({ ownerMay: [operation] });
/** Others may change the account in between: its address, or the cost of its hash. */
const mostTries = 4;
const busyRetryMs = 2_000;

/** Undefined: somebody else has changed the account since it was read. */
type Stored = { readonly ended: readonly string[] } | undefined;

export class PasswordChanges {
  readonly #options: PasswordChangesOptions;
  readonly #clock: Clock;

  constructor(options: PasswordChangesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws HoldfastError as the database; nothing was changed */
  async change(identity: Identity, asked: PasswordChange): Promise<PasswordChanged> {
    const { truth, limits, families } = this.#options;
    const account = await readAccount(truth.db, identity.principal);
    if (account === undefined) return { kind: 'signed-out' };
    const charged = await limits.charge(account.email, asked.address);
    if (charged.kind !== 'allowed') return { kind: charged.kind, retryAfterMs: charged.retryAfterMs };
    await this.#clock.sleep(charged.delayMs);
    const changed = await this.#replace(identity, asked);
    if (changed.kind !== 'wrong') await charged.refund();
    if (changed.kind === 'changed') families.note(changed.ended);
    return changed;
  }

  async #replace(identity: Identity, { current, next }: PasswordChange): Promise<PasswordChanged> {
    const { truth, checks, passwords } = this.#options;
    let hash: string | undefined;
    for (let tries = mostTries; tries > 0; tries -= 1) {
      const account = await readAccount(truth.db, identity.principal);
      if (account?.isActive !== true) return { kind: 'signed-out' };
      const check = await checks.ofAccount(account, current);
      if (check.kind === 'wrong') return { kind: 'wrong' };
      if (check.kind === 'busy') break;
      hash ??= await hashUnlessRefused(passwords, next);
      if (hash === undefined) return { kind: 'refused' };
      const stored = await this.#store(identity, account, hash);
      if (stored !== undefined) return { kind: 'changed', ...stored };
    }
    return { kind: 'unavailable', retryAfterMs: busyRetryMs };
  }

  async #store(identity: Identity, account: Account, hash: string): Promise<Stored> {
    return account.role === 'admin'
      ? await this.#storeAdmin(identity, account, hash)
      : await this.#storeCustomer(identity, account, hash);
  }

  /** As a mutation: it counts the version, and the log of changes says who it was. */
  async #storeCustomer(identity: Identity, account: Account, hash: string): Promise<Stored> {
    const { principal, name, version } = account;
    const setHash = setPasswordHash(customers, hash);
    let ended: readonly string[] = [];
    const outcome = await this.#options.mutations.change({
      kind: customers,
      id: String(account.id),
      version,
      clientMutationId: randomUUID(),
      operation,
      input: null,
      actor: { profile: loginProfile, principal, name, viewer: viewerOf(account) },
      change: async (context) => {
        const effect = await setHash(context);
        ended = await this.#options.families.endAll(
          context.trx,
          principal,
          'password_change',
          identity.familyId,
        );
        return effect;
      },
    });
    return outcome.kind === 'applied' ? { ended } : undefined;
  }

  async #storeAdmin(identity: Identity, { id, principal, version }: Account, hash: string): Promise<Stored> {
    return await this.#options.truth.transaction(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('panel_admins')
        .set({ password_hash: hash, version: version + 1 })
        .where('id', '=', id)
        .where('version', '=', version)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return undefined;
      const { families } = this.#options;
      return { ended: await families.endAll(trx, principal, 'password_change', identity.familyId) };
    });
  }
}

async function hashUnlessRefused(passwords: PasswordHasher, password: string): Promise<string | undefined> {
  try {
    return await passwords.hash(password);
  } catch (error) {
    if (isHoldfastError(error, 'PASSWORD_REFUSED')) return undefined;
    throw error;
  }
}

/**
 * Admins of the panel: added, listed, given a password, let in or kept out. What takes somebody's access away ends their
 * logins in the same transaction.
 *
 * An address is an admin's or a customer's. Two who take one at the same moment, one on either side, may both get it; then
 * the login is the admin's.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import {
  decodeTime,
  encodeTime,
  normalizeEmail,
  type PasswordHasher,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';
import { LoginFamilies } from '../login/login-families.ts';
import { principalOf } from '../login/principal.ts';

export interface NewAdmin {
  readonly email: string;
  /** As others read it in the log of changes: 1 to 128 characters. */
  readonly name: string;
  readonly password: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

export interface ListedAdmin {
  /** `a1` */
  readonly principal: string;
  readonly email: string;
  readonly name: string;
  readonly status: AdminStatus;
  readonly createdAtMs: number;
}

export type AdminStatus = 'active' | 'disabled';

interface AdminRow {
  readonly id: number;
  readonly status: AdminStatus;
  readonly version: number;
}

/** Longer than what a customer needs, because more depends on it. In characters. */
const shortestPassword = 10;

/**
 * @returns the principal
 * @throws HoldfastError EMAIL_INVALID, EMAIL_TAKEN - no address, or that of an admin or a customer
 * @throws HoldfastError PASSWORD_REFUSED - shorter than 10 characters or longer than 256
 */
export async function addAdmin(truth: Truth, admin: NewAdmin, passwords: PasswordHasher): Promise<string> {
  const email = normalizeEmail(admin.email);
  const hash = await hashOf(admin.password, passwords);
  const row = { email, name: admin.name, password_hash: hash, created_at: encodeTime(admin.atMs) };
  return await truth.transaction(async (trx) => {
    const customer = await trx
      .selectFrom('customers')
      .select('id')
      .where('email', '=', email)
      .executeTakeFirst();
    if (customer !== undefined) throw taken('a customer');
    const { insertId } = await inserted(() =>
      trx
        .insertInto('panel_admins')
        .values({ ...row, status: 'active' })
        .executeTakeFirstOrThrow(),
    );
    return principalOf({ role: 'admin', id: Number(insertId) });
  });
}

export async function listAdmins(truth: Truth): Promise<readonly ListedAdmin[]> {
  const rows = await truth.db
    .selectFrom('panel_admins')
    .select(['id', 'email', 'name', 'status', 'created_at'])
    .orderBy('email')
    .execute();
  return rows.map(({ id, email, name, status, created_at }) => ({
    principal: principalOf({ role: 'admin', id }),
    email,
    name,
    status,
    createdAtMs: decodeTime(created_at),
  }));
}

/** @throws HoldfastError ADMIN_UNKNOWN, EMAIL_INVALID, PASSWORD_REFUSED */
export async function setAdminPassword(
  truth: Truth,
  { email, password }: { readonly email: string; readonly password: string },
  passwords: PasswordHasher,
): Promise<void> {
  const address = normalizeEmail(email);
  const hash = await hashOf(password, passwords);
  await truth.transaction(async (trx) => {
    const admin = await findAdmin(trx, address);
    await update(trx, admin, { password_hash: hash });
    await endLogins(truth, trx, admin, 'password_change');
  });
}

/**
 * @returns whether it was not so yet
 * @throws HoldfastError ADMIN_UNKNOWN, EMAIL_INVALID
 */
export async function setAdminStatus(truth: Truth, email: string, status: AdminStatus): Promise<boolean> {
  const address = normalizeEmail(email);
  return await truth.transaction(async (trx) => {
    const admin = await findAdmin(trx, address);
    if (admin.status === status) return false;
    await update(trx, admin, { status });
    if (status === 'disabled') await endLogins(truth, trx, admin, 'admin');
    return true;
  });
}

async function findAdmin(trx: TruthTransaction, email: string): Promise<AdminRow> {
  const row = await trx
    .selectFrom('panel_admins')
    .select(['id', 'status', 'version'])
    .where('email', '=', email)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new HoldfastError('ADMIN_UNKNOWN', `no admin has the address ${email}`, { details: { email } });
}

async function update(
  trx: TruthTransaction,
  { id, version }: AdminRow,
  change: { readonly password_hash: string } | { readonly status: AdminStatus },
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('panel_admins')
    .set({ ...change, version: version + 1 })
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  if (numUpdatedRows === 0n)
    throw new HoldfastError('VERSION_CONFLICT', `admin ${id} was changed at the same moment`, {
      details: { id },
    });
}

async function endLogins(
  truth: Truth,
  trx: TruthTransaction,
  { id }: AdminRow,
  reason: 'password_change' | 'admin',
): Promise<void> {
  await new LoginFamilies({ truth }).endAll(trx, principalOf({ role: 'admin', id }), reason);
}

async function hashOf(password: string, passwords: PasswordHasher): Promise<string> {
  const length = [...password.normalize('NFKC')].length;
  if (length >= shortestPassword) return await passwords.hash(password);
  throw new HoldfastError(
    'PASSWORD_REFUSED',
    `the password of an admin has ${shortestPassword} to 256 characters, this one ${length}`,
    { details: { length, shortest: shortestPassword } },
  );
}

async function inserted<Result>(insert: () => Promise<Result>): Promise<Result> {
  try {
    return await insert();
  } catch (error) {
    if (isHoldfastError(error, 'TRUTH_INVALID') && error.details.constraint === 'unique')
      throw taken('an admin of the panel', error);
    throw error;
  }
}

function taken(by: string, cause?: unknown): HoldfastError {
  return new HoldfastError('EMAIL_TAKEN', `${by} has this e-mail address already`, { cause });
}

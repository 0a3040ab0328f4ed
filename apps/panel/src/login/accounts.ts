/**
 * Accounts: admins of the panel and customers, as far as logging in goes. Both have an e-mail address and a hash of a
 * password; no address is meant to be in both tables. Where one is all the same, the login is the admin's: a customer who
 * got in with the address of an admin would be taken for less than they are, an admin for less, never for more.
 */
import { isHoldfastError } from '@holdfast/base';
import type { PanelViewer } from '@holdfast/mutations';
import type { Me, Role } from '@holdfast/panel-client/schema';
import { engineSql, normalizeEmail, type TruthTables, type TruthTransaction } from '@holdfast/truth-db';
import type { Kysely } from 'kysely';
import { parsePrincipal, principalOf } from './principal.ts';

export interface Account {
  readonly principal: string;
  readonly role: Role;
  readonly id: number;
  readonly email: string;
  /** Of an admin their name, of a customer the address. */
  readonly name: string;
  readonly isActive: boolean;
  readonly passwordHash: string;
  readonly version: number;
}

type Database = Kysely<TruthTables>;

/** The one form of an address; undefined for what is none. */
export function addressOf(typed: string): string | undefined {
  try {
    return normalizeEmail(typed);
  } catch (error) {
    if (isHoldfastError(error, 'EMAIL_INVALID')) return undefined;
    throw error;
  }
}

/** Both tables are asked whatever is found in the first: how long it takes tells nobody who is an admin. */
export async function findAccount(db: Database, typed: string): Promise<Account | undefined> {
  const email = addressOf(typed) ?? '';
  const admin = await admins(db).where('email', '=', email).executeTakeFirst();
  const customer = await customers(db).where('email', '=', email).executeTakeFirst();
  if (admin !== undefined) return adminAccount(admin);
  return customer === undefined ? undefined : customerAccount(customer);
}

export async function readAccount(db: Database, principal: string): Promise<Account | undefined> {
  return await accountOf(db, principal, false);
}

/** The newest committed, and nobody changes it until the commit. */
export async function lockAccount(trx: TruthTransaction, principal: string): Promise<Account | undefined> {
  return await accountOf(trx, principal, true);
}

/** Puts `hash` in the place of the one that `account` was read with. @returns whether that was still there */
export async function replaceHash(
  trx: TruthTransaction,
  { role, id, passwordHash }: Account,
  hash: string,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable(role === 'admin' ? 'panel_admins' : 'customers')
    .set({ password_hash: hash })
    .where('id', '=', id)
    .where('password_hash', '=', passwordHash)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export function viewerOf({ role, id }: Account): PanelViewer {
  return role === 'admin' ? { role } : { role, customerId: id };
}

/** What is told to whoever it is. */
export function meOf({ principal, role, id, email, name }: Account): Me {
  return { id: principal, role, email, name, ...(role === 'customer' && { customerId: id }) };
}

async function accountOf(db: Database, principal: string, isLocked: boolean): Promise<Account | undefined> {
  const { role, id } = parsePrincipal(principal) ?? {};
  if (role === undefined || id === undefined) return undefined;
  const { forUpdate } = engineSql(db);
  if (role === 'admin') {
    const query = admins(db).where('id', '=', id);
    const row = await (isLocked ? query.modifyEnd(forUpdate) : query).executeTakeFirst();
    return row === undefined ? undefined : adminAccount(row);
  }
  const query = customers(db).where('id', '=', id);
  const row = await (isLocked ? query.modifyEnd(forUpdate) : query).executeTakeFirst();
  return row === undefined ? undefined : customerAccount(row);
}

function admins(db: Database) {
  return db.selectFrom('panel_admins').select(['id', 'email', 'name', 'status', 'password_hash', 'version']);
}

function customers(db: Database) {
  return db.selectFrom('customers').select(['id', 'email', 'status', 'password_hash', 'version']);
}

interface Row {
  readonly id: number;
  readonly email: string;
  readonly status: string;
  readonly password_hash: string;
  readonly version: number;
}

function adminAccount(row: Row & { readonly name: string }): Account {
  return account('admin', row, row.name);
}

function customerAccount(row: Row): Account {
  return account('customer', row, row.email);
}

function account(role: Role, row: Row, name: string): Account {
  const { id, email, status, password_hash: passwordHash, version } = row;
  const principal = principalOf({ role, id });
  return { principal, role, id, email, name, isActive: status === 'active', passwordHash, version };
}

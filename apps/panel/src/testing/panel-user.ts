/** People who are logged in, without the way there: their login is begun, and their token made, as a login would. */
import { addCustomer, encodeTime, noPassword, normalizeEmail, type Truth } from '@holdfast/truth-db';
import { AccessTokens } from '../login/access-tokens.ts';
import { readAccount } from '../login/accounts.ts';
import { LoginFamilies } from '../login/login-families.ts';
import { deriveKey } from '../login/panel-secret.ts';

export interface PanelUser {
  /** `a1` or `c5`. */
  readonly principal: string;
  readonly id: number;
  readonly email: string;
  readonly accessToken: string;
}

/** Of every panel of the tests: two of them on one database are two processes of one host. */
export const testSecret = 'a secret of tests that is long enough, and known to all'.replaceAll(' ', '-');

export async function newAdmin(truth: Truth, name: string, nowMs: number): Promise<PanelUser> {
  const email = normalizeEmail(`${name}@panel.example`);
  const row = {
    email,
    name,
    password_hash: noPassword,
    status: 'active',
    created_at: encodeTime(nowMs),
  } as const;
  const { insertId } = await truth.db.insertInto('panel_admins').values(row).executeTakeFirstOrThrow();
  return loggedIn(truth, `a${insertId}`, Number(insertId), email);
}

export async function newCustomer(truth: Truth, name: string, nowMs: number): Promise<PanelUser> {
  const email = `${name}@example.com`;
  const customer = { email, passwordHash: noPassword, at: nowMs };
  const id = await truth.transaction((trx) => addCustomer(trx, customer));
  return loggedIn(truth, `c${id}`, id, email);
}

async function loggedIn(truth: Truth, principal: string, id: number, email: string): Promise<PanelUser> {
  const account = await readAccount(truth.db, principal);
  if (account === undefined) throw new Error(`there is no ${principal}`);
  const families = new LoginFamilies({ truth });
  const device = { deviceId: crypto.randomUUID(), userAgent: undefined };
  const { session } = await truth.transaction((trx) => families.begin(trx, account, device));
  const tokens = new AccessTokens({ key: deriveKey(testSecret, 'access-token') });
  const { token } = await tokens.issue(account, session);
  return { principal, id, email, accessToken: token };
}

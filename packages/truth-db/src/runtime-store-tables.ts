/**
 * The tables of the runtime stores, as Kysely sees them. Times are whole numbers since 1970 in UTC: microseconds for the
 * rate limit, whose arithmetic they are, else milliseconds.
 */

/** By the hash of limit and key. */
export interface RateLimitsTable {
  bucket_key: string;
  /** Theoretical arrival time: when the bucket is full again. */
  tat: number;
}

/** A CAPTCHA that is being checked or was used, until it expires by itself. */
export interface CaptchaClaimsTable {
  token_hash: string;
  scope: string;
  attempt_id: string;
  state: 'checking' | 'ok';
  expires_at: number;
}

/** One login on one device: its refresh token is the one of the present generation. */
export interface TokenFamiliesTable {
  family_id: string;
  profile: string;
  user_id: string;
  device_id: string;
  /** 32 bytes in hexadecimal digits. */
  secret: string;
  generation: number;
  rotated_at: number;
  idle_expires_at: number;
  absolute_expires_at: number;
  revoked_at: number | null;
  revoked_reason: string | null;
}

export interface IpSaltsTable {
  name: string;
  /** JSON: the salt in use, and the one before while both count. */
  document: string;
}

export interface RuntimeStoreTables {
  rate_limits: RateLimitsTable;
  captcha_claims: CaptchaClaimsTable;
  token_families: TokenFamiliesTable;
  ip_salts: IpSaltsTable;
}

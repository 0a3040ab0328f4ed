/** Stores in the tables of the truth, in the transaction of the caller. */
export {
  type SqlCaptchaClaimsOptions,
  sqlCaptchaClaims,
  TruthCaptchaClaims,
} from './captcha/sql-captcha-claims.ts';
export {
  type SqlRateLimitsOptions,
  sqlRateLimits,
  TruthRateLimits,
} from './rate-limit/sql-rate-limits.ts';
export { type SqlSaltStoreOptions, sqlSaltStore, TruthSaltStore } from './salt/sql-salt-store.ts';
export { type SqlTokenFamiliesOptions, sqlTokenFamilies } from './token/sql-token-families.ts';
export { TruthTokenFamilies } from './token/truth-token-families.ts';

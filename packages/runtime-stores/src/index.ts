/** Run-time state behind a login that several processes share. Level 4; SQL, Redis and test stores have subpaths. */
export { type AltchaCaptcha, type AltchaCaptchaOptions, altchaCaptcha } from './captcha/altcha-captcha.ts';
export type { CaptchaClaim, CaptchaClaims, Claimed } from './captcha/captcha-claims.ts';
export type {
  CaptchaOutcome,
  CaptchaRefusal,
  InvalidReason,
  UnavailableReason,
} from './captcha/captcha-outcome.ts';
export type {
  CaptchaProvider,
  CaptchaQuestion,
  LocalCaptcha,
  LocalVerdict,
  RemoteCaptcha,
} from './captcha/captcha-provider.ts';
export {
  type CaptchaRequest,
  CaptchaVerifier,
  type CaptchaVerifierOptions,
  type SolvedCaptcha,
} from './captcha/captcha-verifier.ts';
export {
  captchaScope,
  FileCaptchaClaims,
  type FileCaptchaClaimsOptions,
  type StoredClaim,
} from './captcha/file-captcha-claims.ts';
export {
  actionOfScope,
  hcaptcha,
  type KnownSiteverifyOptions,
  recaptcha,
  type SiteverifyOptions,
  siteverifyCaptcha,
  turnstile,
} from './captcha/siteverify-captcha.ts';
export {
  type Change,
  KeyedDocuments,
  type KeyedDocumentsOptions,
  type ListedShard,
  type SweepOptions,
  type SweepReport,
} from './documents/keyed-documents.ts';
export {
  FallbackRateLimits,
  type FallbackRateLimitsOptions,
} from './rate-limit/fallback-rate-limits.ts';
export { FileRateLimits, type FileRateLimitsOptions } from './rate-limit/file-rate-limits.ts';
export {
  defaultLoginLimits,
  type LoginAttempt,
  type LoginBucket,
  type LoginBucketKind,
  type LoginLimits,
  loginBuckets,
} from './rate-limit/login-buckets.ts';
export { type LoginCharge, LoginLimiter, type LoginLimiterOptions } from './rate-limit/login-limiter.ts';
export type { RateDecision, RateLimit, RateLimitStore } from './rate-limit/rate-limit.ts';
export {
  type RateLimitHeaderOptions,
  type RateLimitHeaders,
  rateLimitHeaders,
} from './rate-limit/rate-limit-headers.ts';
export { type KeyHashes, SaltedRateLimits } from './rate-limit/salted-rate-limits.ts';
export { FileSaltStore, type FileSaltStoreOptions, saltScope } from './salt/file-salt-store.ts';
export { IpSalt, type IpSaltOptions, type RotationOutcome } from './salt/ip-salt.ts';
export { type SaltedKeys, saltLabel } from './salt/salt-secret.ts';
export {
  defaultSaltSchedule,
  type SaltSchedule,
  type SaltState,
} from './salt/salt-state.ts';
export type { SaltChange, SaltStore } from './salt/salt-store.ts';
export type { DocumentCondition, DocumentFacts } from './steward/document-facts.ts';
export type { AttendOptions, Finding, StewardReport } from './steward/steward.ts';
export { Steward } from './steward/steward.ts';
export { type StoreName, stewardPolicies, storeNames } from './steward/steward-policies.ts';
export { type StewardReason, stewardReasons } from './steward/steward-reason.ts';
export type { AreaDocument, AreaEntry, StoreArea } from './steward/store-area.ts';
export { type StoredReset, StoreResets } from './steward/store-resets.ts';
export { findStores, type StoresOnDisk, type StoresOnDiskOptions } from './steward/stores-on-disk.ts';
export { type SweepAreaOptions, type SweptArea, sweepArea } from './steward/sweep-area.ts';
export { FileTokenFamilies, type FileTokenFamiliesOptions } from './token/file-token-families.ts';
export {
  type RefreshAnswer,
  type RefreshOutcome,
  type RefreshRefusal,
  refreshAnswer,
  type TokenSession,
} from './token/refresh-outcome.ts';
export { type AccessClaim, RevokedFamilies, type RevokedFamiliesOptions } from './token/revoked-families.ts';
export type { FamilyDecision, TokenFamilies } from './token/token-families.ts';
export {
  describeFamily,
  type FamilyDescription,
  type RevocationReason,
  type TokenFamily,
} from './token/token-family.ts';
export type { TokenPolicy } from './token/token-policy.ts';
export {
  type IssuedToken,
  type Logout,
  type NewLogin,
  TokenRotation,
  type TokenRotationOptions,
} from './token/token-rotation.ts';

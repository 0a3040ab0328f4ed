/** What becomes of a CAPTCHA. Only `ok` lets anybody through. */

export type CaptchaOutcome =
  /** `isRepeat`: the same attempt has used it before. */
  | { readonly kind: 'ok'; readonly isRepeat: boolean }
  /** It was used, or somebody is using it. */
  | { readonly kind: 'replayed' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid'; readonly reason: InvalidReason }
  /** The provider could not be asked: 503, and nothing was used up. Offer another provider. */
  | Unavailable;

export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: UnavailableReason;
  /** For the log: a status, or the code of a system or TLS error, `ENOTFOUND`. */
  readonly detail?: string;
}

export type CaptchaRefusal = Exclude<CaptchaOutcome, { readonly kind: 'ok' }>;

export type InvalidReason =
  /** Too long, of other characters, or not what the provider makes. */
  | 'malformed'
  /** The attempt has no UUID, or the scope cannot be one. */
  | 'request'
  /** Not signed by us. */
  | 'signature'
  /** Solved for another scope or action. */
  | 'scope'
  | 'work'
  /** As the provider says. */
  | 'refused'
  /** Solved on a page of another host. */
  | 'hostname'
  /** Of another login than this one. */
  | 'nonce'
  /** The provider takes it for a robot. */
  | 'score';

export type UnavailableReason =
  | 'timeout'
  | 'network'
  /** A status that is no answer, a redirect too. */
  | 'status'
  /** Too long, not JSON, or not of the shape that was agreed. */
  | 'garbage'
  /** The provider does not accept our secret or request. */
  | 'configuration'
  /** The claim was not ours any more when the answer came. */
  | 'claim-lost';

/**
 * A refresh token, `v1.FAMILY.GENERATION.MAC`: the MAC is HMAC-SHA-256 of profile, family and generation under the secret
 * of the family. Who does not have the secret makes none; who has the family makes the same one again. There is exactly
 * one text for a token: other spellings of the same bytes are refused.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TokenFamily } from './token-family.ts';

export interface PresentedToken {
  readonly familyId: string;
  readonly generation: number;
  /** 43 characters of base64url. */
  readonly mac: string;
}

type Signed = Pick<TokenFamily, 'familyId' | 'profile' | 'secret'>;

/** A generation has up to nine digits: at one rotation a second that lasts for thirty years. */
const shape = /^v1\.([0-9a-f]{32})\.([1-9]\d{0,8})\.([\w-]{43})$/;
/** Longest text that is looked at. */
const longest = 128;

export function refreshTokenOf(family: Signed, generation: number): string {
  return `v1.${family.familyId}.${generation}.${macOf(family, generation)}`;
}

/** @returns undefined for what is no token */
export function parseRefreshToken(text: string): PresentedToken | undefined {
  const [, familyId, generation, mac] = (text.length > longest ? null : shape.exec(text)) ?? [];
  if (familyId === undefined || generation === undefined || mac === undefined) return undefined;
  return { familyId, generation: Number(generation), mac };
}

/** Whether it was made with the secret of `family`. Takes the same time wherever the two differ. */
export function isGenuine(family: Signed, { generation, mac }: PresentedToken): boolean {
  return isSameText(macOf(family, generation), mac);
}

/** Compares without telling by its time where they differ. */
export function isSameText(one: string, other: string): boolean {
  const [ours, theirs] = [Buffer.from(one), Buffer.from(other)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}

function macOf({ familyId, profile, secret }: Signed, generation: number): string {
  const text = JSON.stringify([profile, familyId, generation]);
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(text).digest('base64url');
}

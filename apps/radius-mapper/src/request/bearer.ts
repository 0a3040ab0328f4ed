/** Whether a request shows the secret: compared in a time that does not tell how much of it is right. */
import { timingSafeEqual } from 'node:crypto';

/** @param header - `Authorization` of the request */
export type BearerCheck = (header: string | undefined) => boolean;

export function bearerCheck(secret: string): BearerCheck {
  const expected = Buffer.from(`Bearer ${secret}`, 'latin1');
  return (header = '') => {
    const given = Buffer.from(header, 'latin1');
    const isSameLength = given.length === expected.length;
    return timingSafeEqual(isSameLength ? given : expected, expected) && isSameLength;
  };
}

/**
 * Rates as tc prints them. `tc class show` has no exact form, so desired and actual are compared in the printed one,
 * and classes are written from it: what is asked for, what is live and what is read back are then the same text.
 *
 * Not exact above 1 Gbit/s: tc cuts 1234567 kbit to `1234Mbit`, less than 0.1 % under what was asked for.
 *
 * @see print_color_rate in iproute2 6.1, tc/tc_util.c
 */

/** Text such as `5Mbit`; with a foreign ceiling the tc words `5Mbit ceil 10Mbit`. */
export type RateText = string;

/** Highest download limit, in kbit/s: the rate of the classes that carry the shards (1 Tbit/s). */
export const maxRateKbit = 1_000_000_000;

const units = ['bit', 'Kbit', 'Mbit', 'Gbit', 'Tbit'] as const;

/**
 * @param bitsPerSecond - a non-negative integer; the kernel keeps whole bytes, so it is cut to a multiple of 8
 */
export function formatTcRate(bitsPerSecond: number): RateText {
  let rate = Math.floor(bitsPerSecond / 8) * 8;
  let unit = 0;
  while (unit < units.length - 1 && rate >= 1_000 && (rate % 1_000 === 0 || rate >= 1_000_000)) {
    rate = Math.floor(rate / 1_000);
    unit += 1;
  }
  return `${rate}${units[unit]}`;
}

/** Bits per second of a printed rate (of the rate, where a ceiling stands beside it); undefined for anything else. */
export function parseTcRate(text: RateText): number | undefined {
  const match = /^(\d+)([KMGT]?bit)(?: ceil \d+[KMGT]?bit)?$/.exec(text);
  if (match === null) return undefined;
  const [, digits, unit = ''] = match;
  return Number(digits) * 1_000 ** units.indexOf(unit as (typeof units)[number]);
}

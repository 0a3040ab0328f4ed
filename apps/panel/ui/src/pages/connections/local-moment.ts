/** Moments as a `datetime-local` control has them: in the zone of the browser, without naming it. Pure. */

/** To the minute. */
export function localOf(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** @returns the moment in UTC; undefined when it is none, has passed, or is no later than `deadline` */
export function laterDeadline(typed: string, deadline: string, nowMs: number): string | undefined {
  const ms = new Date(typed).getTime();
  const current = Date.parse(deadline);
  if (Number.isNaN(ms) || ms <= nowMs || ms <= current) return undefined;
  return new Date(ms).toISOString();
}

/**
 * How long a case in the browser waits for one thing, in milliseconds. Nothing waits this long where all is well: it ends what hangs,
 * with the name of what was waited for. Controls, whose cases hang on purpose, set a shorter one.
 */
export const patienceMs = Number(process.env.HOLDFAST_BROWSER_PATIENCE_MS ?? 15_000);

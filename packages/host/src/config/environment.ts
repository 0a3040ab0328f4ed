/** The only place that reads the environment. Read when asked, never at import, so tests and callers can override it. */

export type Environment = Readonly<Record<string, string | undefined>>;

export function environment(): Environment {
  return process.env;
}

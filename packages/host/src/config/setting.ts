/**
 * One setting of a command, declared once: its flag, its environment variable, its key in the configuration file, how
 * its text is read and what it is when nobody says anything.
 */

export interface Setting<Value> {
  /** Flag as typed, `--lock-timeout`; the environment variable and the file's key are derived from it. */
  readonly flag: string;
  /** A second, short spelling of the flag, `-o`. */
  readonly short?: string;
  /** Environment variable, where it is not the one that follows from the flag. */
  readonly variable?: string;
  /** Name of the argument in the help, absent for a switch. */
  readonly argument?: string;
  /** One line for the help. */
  readonly describe: string;
  /** Reads the text of a flag, variable or file; throws a HoldfastError or Error whose message says what is wrong. */
  readonly parse: (text: string) => Value;
  readonly fallback: Value;
  /** False for what makes no sense outside one call, such as `--force`: then only the flag is looked at. */
  readonly isPersistent?: boolean;
}

export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

export type SettingSource = 'flag' | 'environment' | 'config file' | 'default';

/** A value and who decided it, for error messages that name the knob. */
export interface Resolved<Value> {
  readonly value: Value;
  readonly source: SettingSource;
  /** How it was spelled there: `--lock-timeout`, `HOLDFAST_LOCK_TIMEOUT`, `lockTimeout in /etc/…`. */
  readonly name: string;
}

export type ResolvedSettings<Table extends SettingTable> = {
  readonly [Key in keyof Table]: Resolved<Table[Key] extends Setting<infer Value> ? Value : never>;
};

/** `--lock-timeout` → `HOLDFAST_LOCK_TIMEOUT`. */
export function variableOf(flag: string): string {
  return `HOLDFAST_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
}

/** `--lock-timeout` → `lockTimeout`, which is also how the option is called inside the program. */
export function keyOf(flag: string): string {
  return flag.slice(2).replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

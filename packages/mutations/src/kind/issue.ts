/** One thing that is wrong with what was sent. The client says it in its language. */
export interface Issue {
  /** Field, as a JSON pointer; empty for the whole. */
  readonly path: string;
  readonly code: string;
}

/** The JSON pointer of a field. */
export function pointerTo(field: string): string {
  return `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/**
 * The file of the recorded dataplane: one JSON document with the state and the last writes that led to it. A document
 * that cannot be understood is an error; only an absent one is an empty dataplane.
 */
import { HoldfastError } from '@holdfast/base';
import type { DataplaneStep } from './changes.ts';
import type { RecordedState } from './recorded-state.ts';

/** One effect: which step, and how many objects it touched. */
export interface RecordedWrite {
  readonly step: DataplaneStep;
  readonly objects: number;
}

export interface RecordedDocument {
  readonly state: RecordedState;
  /** Oldest first. */
  readonly writes: readonly RecordedWrite[];
}

/** How many writes a document remembers. */
const keptWrites = 1_000;

export function formatRecordedDocument({ state, writes }: RecordedDocument): string {
  const { nft, tc, hasUpload } = state;
  const document = {
    version: 1,
    nft: nft === undefined ? null : { restricted: [...nft.restricted], classOf: [...nft.classOf] },
    tc: tc === undefined ? null : { classes: [...tc] },
    upload: hasUpload,
    writes: writes.slice(-keptWrites),
  };
  return `${JSON.stringify(document)}\n`;
}

/**
 * @param text - undefined when there is no document yet
 * @throws HoldfastError DATAPLANE_FAILED - it is not a document of this kind
 */
export function parseRecordedDocument(text: string | undefined): RecordedDocument {
  if (text === undefined) return { state: { nft: undefined, tc: undefined, hasUpload: false }, writes: [] };
  try {
    return readDocument(record(JSON.parse(text)));
  } catch (cause) {
    const message = `the recorded dataplane cannot be read: it is no document of it (${text.length} characters)`;
    throw new HoldfastError('DATAPLANE_FAILED', message, { cause });
  }
}

function readDocument(document: Readonly<Record<string, unknown>>): RecordedDocument {
  if (document.version !== 1) throw new TypeError(`version ${String(document.version)}`);
  const nft = document.nft === null ? undefined : record(document.nft);
  const tc = document.tc === null ? undefined : record(document.tc);
  return {
    state: {
      nft: nft && { restricted: new Set(texts(nft.restricted)), classOf: textMap(nft.classOf) },
      tc: tc && textMap(tc.classes),
      hasUpload: document.upload === true,
    },
    writes: list(document.writes).map((entry) => {
      const { step, objects } = record(entry);
      return { step: knownStep(step), objects: Number(objects) };
    }),
  };
}

function knownStep(value: unknown): DataplaneStep {
  if (value === 'tc-add' || value === 'nft' || value === 'tc-remove') return value;
  throw new TypeError('not a step');
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not an object');
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not a list');
  return value;
}

function texts(value: unknown): readonly string[] {
  return list(value).map((entry) => {
    if (typeof entry !== 'string') throw new TypeError('not a text');
    return entry;
  });
}

function textMap(value: unknown): ReadonlyMap<string, string> {
  return new Map(
    list(value).map((entry): [string, string] => {
      const [key, text, ...rest] = texts(entry);
      if (key === undefined || text === undefined || rest.length > 0) throw new TypeError('not a pair');
      return [key, text];
    }),
  );
}

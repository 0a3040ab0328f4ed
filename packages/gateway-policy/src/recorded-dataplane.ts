/**
 * A dataplane that shapes and restricts nothing: it keeps the state it was told in one document, for machines without
 * nftables, for demos and for tests. It says so by its name, and refuses what the kernel would refuse.
 */
import { assertDelta, type Changes, type DataplaneStep, stepsOf } from './changes.ts';
import type { Dataplane, OnStep } from './dataplane.ts';
import { runEffects } from './effect-sequence.ts';
import { formatRecordedDocument, parseRecordedDocument, type RecordedDocument } from './recorded-document.ts';
import {
  actualStateOf,
  assertAbsent,
  type Layout,
  type RecordedState,
  withClassesAdded,
  withClassesRemoved,
  withNftCommitted,
} from './recorded-state.ts';
import { canonicalText } from './state-digest.ts';

/** Where the document lives. `write` must be atomic: a reader sees the old text or the new one, whole. */
export interface RecordedStore {
  /** Undefined when there is no document yet; what cannot be read must throw. */
  readonly read: () => Promise<string | undefined>;
  readonly write: (text: string) => Promise<void>;
}

export interface RecordedDataplaneOptions {
  readonly store: RecordedStore;
  /** Default 'shared-device'. */
  readonly layout?: Layout;
}

export function createRecordedDataplane(options: RecordedDataplaneOptions): Dataplane {
  const { store, layout = 'shared-device' } = options;
  const load = async () => parseRecordedDocument(await store.read());
  const read = async () => actualStateOf((await load()).state, layout);
  return {
    name: 'recorded',
    read,
    check: async (changes) => {
      rehearse((await load()).state, changes, layout);
    },
    write: async (changes, _held, onStep) => writeRecorded(await load(), { changes, store, layout, onStep }),
    writeDelta: async (changes, _held, onStep) => {
      assertDelta(changes);
      const document = await load();
      assertAbsent(document.state.nft, changes);
      await writeRecorded(document, { changes, store, layout, onStep });
    },
    dump: async () => {
      const actual = await read();
      return `nft ${actual.nft.kind}\ntc ${actual.tc.kind}\n${canonicalText(actual)}`;
    },
  };
}

/** Runs all steps on values only, as `nft -c` does; throws what the write would throw. */
function rehearse(state: RecordedState, changes: Changes, layout: Layout): void {
  const steps = stepsOf(changes);
  const tc = steps.includes('tc-add') ? withClassesAdded(state.tc, changes, layout) : state.tc;
  if (steps.includes('nft')) withNftCommitted(state.nft, changes);
  if (steps.includes('tc-remove')) withClassesRemoved(tc, changes);
}

interface Writing extends Required<RecordedDataplaneOptions> {
  readonly changes: Changes;
  readonly onStep: OnStep | undefined;
}

async function writeRecorded(before: RecordedDocument, writing: Writing): Promise<void> {
  const { changes, store, layout, onStep } = writing;
  rehearse(before.state, changes, layout);
  let document = before;
  const publish = async (step: DataplaneStep, state: RecordedState) => {
    const next = {
      state,
      writes: [...document.writes, { step, objects: objectsOf(changes, step) }],
    };
    await store.write(formatRecordedDocument(next));
    document = next;
  };
  const effects = {
    addClasses: () =>
      publish('tc-add', {
        ...document.state,
        tc: withClassesAdded(document.state.tc, changes, layout),
        hasUpload: document.state.hasUpload || changes.uploadScaffold.kind !== 'keep',
      }),
    commitNft: () =>
      publish('nft', { ...document.state, nft: withNftCommitted(document.state.nft, changes) }),
    removeClasses: () =>
      publish('tc-remove', { ...document.state, tc: withClassesRemoved(document.state.tc, changes) }),
    takeBack: () => store.write(formatRecordedDocument(before)),
  };
  await runEffects(changes, effects, onStep);
}

function objectsOf({ restricted, classOf, classes }: Changes, step: DataplaneStep): number {
  if (step === 'tc-add') return classes.add.length + classes.change.length;
  if (step === 'tc-remove') return classes.remove.length;
  return restricted.add.length + restricted.remove.length + classOf.set.length + classOf.remove.length;
}

/**
 * Which tab this is. A tab that was duplicated has the id of the other, because what a browser keeps for a tab is copied with it:
 * the id is used only when nobody else holds it.
 */
import type { Draft } from './draft.ts';

/** Who is open: a lock held as long as the tab lives, or a call that the others answer. */
export interface TabPresence {
  /** Holds `tabId` for this tab as long as it lives; false when another tab does. */
  claim(tabId: string): Promise<boolean>;
  /** Whether some tab holds it. */
  isHeld(tabId: string): Promise<boolean>;
}

/**
 * @param remembered - what this tab, or the one that it is a copy of, was called
 * @param newId - makes one that nobody has
 */
export async function claimTabId(
  presence: TabPresence,
  remembered: string | undefined,
  newId: () => string,
): Promise<string> {
  if (remembered !== undefined && (await presence.claim(remembered))) return remembered;
  const tabId = newId();
  await presence.claim(tabId);
  return tabId;
}

export interface DraftsOfRecord {
  /** The draft to go on with. */
  readonly own: Draft | undefined;
  /** To be named as drafts in another tab. */
  readonly elsewhere: readonly Draft[];
}

/** The draft of this tab; else the newest one whose tab is closed. Those of open tabs are theirs. */
export async function chooseDraft(
  presence: TabPresence,
  drafts: readonly Draft[],
  tabId: string,
): Promise<DraftsOfRecord> {
  const kept = drafts.filter(({ discardedAt }) => discardedAt === undefined);
  const others = kept.filter((draft) => draft.tabId !== tabId);
  const held = await Promise.all(others.map((draft) => presence.isHeld(draft.tabId)));
  const left = others.filter((_, index) => held[index] === false);
  const [newest] = left.toSorted((one, other) => other.savedAt - one.savedAt);
  const own = kept.find((draft) => draft.tabId === tabId) ?? newest;
  return { own, elsewhere: others.filter((draft) => draft !== own) };
}

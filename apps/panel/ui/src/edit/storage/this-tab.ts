/** What this tab is called, across reloads of it. A tab that was duplicated gets a name of its own. */
import { claimTabId, type TabPresence } from '@holdfast/optimistic-client';
import { newMutationId } from '@holdfast/panel-client';

const key = 'holdfast:tab';

export async function nameThisTab(presence: TabPresence): Promise<string> {
  const tabId = await claimTabId(presence, remembered(), newMutationId);
  try {
    sessionStorage.setItem(key, tabId);
  } catch {
    // No storage for this page: its drafts are found again as those of a closed tab.
  }
  return tabId;
}

function remembered(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** As whom something is read, in one word: what different viewers see is kept apart by it. */
import type { PanelViewer } from '@holdfast/mutations';

export function viewerKey(viewer: PanelViewer): string {
  return viewer.role === 'admin' ? 'admin' : `c${viewer.customerId}`;
}

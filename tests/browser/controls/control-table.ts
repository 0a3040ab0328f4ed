/** Every control of the cases in the browser. `docs/panel_browser_cases.md` has them by case. */
import type { Control } from './control.ts';
import { dialogControls } from './dialog-controls.ts';
import { draftControls } from './draft-controls.ts';
import { mergeControls } from './merge-controls.ts';
import { panelControls } from './panel-controls.ts';

export const controls: readonly Control[] = [
  ...panelControls,
  ...mergeControls,
  ...draftControls,
  ...dialogControls,
];

/** Paths of this checkout that tests start things from. */
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '..', '..');

export const bins = {
  apply: join(repository, 'apps/policy-apply/bin/vpn-policy-apply.js'),
  reconcile: join(repository, 'apps/policy-reconcile/bin/vpn-policy-reconcile.js'),
  mapper: join(repository, 'apps/radius-mapper/bin/vpn-radius-mapper.js'),
  panel: join(repository, 'apps/panel/bin/vpn-panel.js'),
  state: join(repository, 'apps/runtime-state/bin/runtime-state.js'),
  holdfast: join(repository, 'apps/cli/bin/holdfast.js'),
} as const;

/** The runtimes that every command has to work on. */
export const runtimes = {
  node: process.execPath,
  bun: join(repository, 'node_modules/bun/bin/bun.exe'),
} as const;

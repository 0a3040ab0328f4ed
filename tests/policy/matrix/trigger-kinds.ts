/** What each kind of the matrix changes in truth, and which run it asks for then. */
import type { PolicyTriggerKind } from '@holdfast/gateway-policy/command';
import type { SessionStock } from './session-stock.ts';

export interface Asked {
  readonly reason: PolicyTriggerKind;
  readonly connectionId?: number;
  /** It is the run of a process that remembers its last one. */
  readonly hasMemory: boolean;
}

export const matrixKinds = {
  'ip-up': async (stock) => ({ reason: 'ip-up', connectionId: await stock.begin(false), hasMemory: false }),
  'ip-down': async (stock) => {
    const { id } = await stock.end(false);
    return { reason: 'ip-down', connectionId: id, hasMemory: false };
  },
  panel: async (stock) => ({ reason: 'panel', connectionId: await stock.restrict(true), hasMemory: false }),
  timer: async (stock) => {
    await stock.expire();
    return { reason: 'timer', hasMemory: false };
  },
  boot: async (stock) => {
    await stock.shape(false);
    return { reason: 'boot', hasMemory: false };
  },
  manual: async (stock) => {
    await stock.restrict(false);
    return { reason: 'manual', hasMemory: false };
  },
  recorded: async (stock) => {
    await stock.shape(true);
    return { reason: 'recorded', hasMemory: true };
  },
  hook: async (stock) => {
    await stock.hear();
    return { reason: 'recorded', hasMemory: true };
  },
} as const satisfies Record<PolicyTriggerKind | 'hook', (stock: SessionStock) => Promise<Asked>>;

export type MatrixKind = keyof typeof matrixKinds;

/** Changes truth. @returns the run that this kind asks for */
export function change(kind: MatrixKind, stock: SessionStock): Promise<Asked> {
  return matrixKinds[kind](stock);
}

/** Work that lies there before the first run, so that each of its steps has something to do. */
export async function leaveWork(stock: SessionStock, isAnnounced: boolean): Promise<void> {
  await stock.begin(isAnnounced);
  const { host } = await stock.end(isAnnounced);
  await stock.end(isAnnounced, host);
  await stock.restrict(isAnnounced);
  await stock.shape(isAnnounced);
}

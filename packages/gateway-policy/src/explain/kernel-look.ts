/**
 * What is live on a gateway, read once and only to be shown: a reading that is refused is an answer, not a failure. Whether
 * the gateway is this machine's is told by its name being given, by being the only one, or by its runs being recorded here;
 * the kernel of another machine must not be mistaken for it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type HoldfastError, isHoldfastError } from '@holdfast/base';
import type { GatewayRow } from '@holdfast/truth-db';
import { recordedStore } from '../command/recorded-store.ts';
import type { Dataplane } from '../dataplane.ts';
import { createKernelDataplane } from '../kernel/kernel-dataplane.ts';
import type { ActualState } from '../policy-state.ts';
import { createRecordedDataplane } from '../recorded-dataplane.ts';

/** Where a look is taken. */
export interface LookingPlace {
  readonly stateDir: string;
  /** The gateway of this machine; undefined when nobody says. */
  readonly gateway: string | undefined;
  readonly dataplane: 'kernel' | 'recorded';
  readonly netns: string | undefined;
  readonly device: string | undefined;
}

export type KernelLook =
  | { readonly kind: 'read'; readonly dataplane: Dataplane['name']; readonly actual: ActualState }
  | { readonly kind: 'unread'; readonly code: string | null; readonly because: string };

/** A person waits for it. */
const timeoutMs = 10_000;

/** @param others - how many further gateways truth has */
export async function lookAtKernel(
  place: LookingPlace,
  gateway: GatewayRow,
  others: number,
): Promise<KernelLook> {
  if (!isHere(place, gateway.name, others)) {
    const because = `nothing says that gateway ${gateway.name} is on this machine; --gateway ${gateway.name} does`;
    return { kind: 'unread', code: null, because };
  }
  try {
    const dataplane = dataplaneOf(place, gateway);
    return { kind: 'read', dataplane: dataplane.name, actual: await dataplane.read() };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { kind: 'unread', code: error.code, because: wordsOf(error) };
  }
}

/** Whether the gateway is this machine's. */
export function isHere({ stateDir, gateway }: LookingPlace, name: string, others: number): boolean {
  if (gateway !== undefined) return gateway === name;
  return others === 0 || existsSync(join(stateDir, 'runs', `${name}.json`));
}

/**
 * The dataplane of a gateway as a run would use it, with a limit that a person can wait for.
 *
 * @param place - for which no gateway has to be named
 */
export function dataplaneOf(
  place: Omit<LookingPlace, 'gateway'>,
  { name, layout, device, shards }: GatewayRow,
): Dataplane {
  if (place.dataplane === 'recorded') {
    return createRecordedDataplane({
      store: recordedStore(join(place.stateDir, `dataplane-${name}.json`)),
      layout,
    });
  }
  return createKernelDataplane({
    gateway: { layout, device: place.device ?? device, shards },
    timeoutMs,
    ...(place.netns === undefined ? {} : { netns: place.netns }),
  });
}

function wordsOf({ message }: HoldfastError): string {
  return message.replaceAll(/\s*\n\s*/g, ' ').slice(0, 300);
}

/** The flock backend with one kind of helper only, as on a machine that has no other. Not reachable by a public export. */
import type { LockBackendFactory } from '@holdfast/lock-runner';

/** By the names that the backend gives them, in its order of preference. */
export const helperNames = ['perl', 'sh', 'runtime'] as const;
export type HelperName = (typeof helperNames)[number];

interface FlockModules {
  readonly createFlockBackend: (options: object) => ReturnType<LockBackendFactory>;
  readonly KernelQueue: new (kinds: readonly { readonly name: string }[]) => object;
  readonly helperKinds: readonly { readonly name: string }[];
}

export async function flockWith(helper: string): Promise<LockBackendFactory> {
  const modules = await Promise.all(['flock-backend', 'kernel-queue', 'helper-kind'].map(load));
  const { createFlockBackend, KernelQueue, helperKinds } = Object.assign({}, ...modules) as FlockModules;
  const kernelQueue = new KernelQueue(helperKinds.filter(({ name }) => name === helper));
  return (context) => createFlockBackend({ ...context, kernelQueue });
}

function load(name: string): Promise<object> {
  return import(new URL(`../../packages/lock-runner/src/flock/${name}.ts`, import.meta.url).href);
}

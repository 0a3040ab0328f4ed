import { randomUUID } from 'node:crypto';

/** What every mutation says of itself; a new one each time. @param version - absent for what has none */
export function intent(version?: number): { readonly clientMutationId: string; readonly version?: number } {
  return { clientMutationId: randomUUID(), ...(version !== undefined && { version }) };
}

/**
 * The name that a client gives a mutation, `clientMutationId`: a UUID of version 4 or 7 in small letters. Checked before
 * anything is looked up by it; one form only, because two spellings of one id would be two mutations.
 */
const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isMutationId(id: unknown): id is string {
  return typeof id === 'string' && form.test(id);
}

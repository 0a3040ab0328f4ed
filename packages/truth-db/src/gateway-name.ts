/**
 * What may name a gateway. The name becomes the last part of the lock scope `policy:NAME` and a part of file names, so it
 * is small letters, digits and `-`: the same name everywhere, on file systems that fold case too.
 */

/** Whether a new gateway may have this name: 1 to 32 of `a` to `z`, `0` to `9` and `-`, not beginning with `-`. */
export function isGatewayName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(name);
}

/**
 * The live table and tree as sorted text, without handles and counters. Taken from the lists themselves and not from what
 * we make of them, so it shows what the parsers would overlook.
 */

import { nftObject } from './nft-scaffold.ts';
import { listedObjects } from './nft-table.ts';

/**
 * @throws HoldfastError DATAPLANE_FAILED - the nft list is malformed
 */
export function dumpOf({ nft, tc }: { readonly nft: string | undefined; readonly tc: string }): string {
  const objects = nft === undefined ? [] : listedObjects(nft).filter((object) => !('metainfo' in object));
  const lines = tc
    .split('\n')
    .map((line) => line.replace(/ (?:refcnt|direct_packets_stat) \d+/g, '').trimEnd());
  // nft and tc list in the order of their hash tables, which may change without any write.
  const texts = [...objects.map((object) => nftObject(object).text).sort(), ...lines.filter(Boolean).sort()];
  return texts.map((text) => `${text}\n`).join('');
}

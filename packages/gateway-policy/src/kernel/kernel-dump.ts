/**
 * The live tables and trees as sorted text, without handles and counters. Taken from the lists themselves and not from what
 * we make of them, so it shows what the parsers would overlook.
 */

import type { KernelListing } from './kernel-layout.ts';
import { nftObject } from './nft-object.ts';
import { listedObjects } from './nft-table.ts';

/**
 * @throws HoldfastError DATAPLANE_FAILED - the nft list is malformed
 */
export function dumpOf({ nft, tc, upload }: KernelListing): string {
  const parts = [nftTexts(nft), tcTexts(tc), nftTexts(upload?.nft), tcTexts(upload?.tc ?? '')];
  return parts
    .flat()
    .map((text) => `${text}\n`)
    .join('');
}

/** nft and tc list in the order of their hash tables, which may change without any write. */
function nftTexts(json: string | undefined): readonly string[] {
  const objects = json === undefined ? [] : listedObjects(json).filter((object) => !('metainfo' in object));
  return objects.map((object) => nftObject(object).text).sort();
}

function tcTexts(shown: string): readonly string[] {
  const lines = shown.startsWith('[')
    ? (JSON.parse(shown) as object[]).map((qdisc) => JSON.stringify(qdisc))
    : shown.split('\n');
  return lines
    .map((line) => line.replace(/ (?:refcnt|direct_packets_stat) \d+|"refcnt":\d+,/g, '').trimEnd())
    .filter(Boolean)
    .sort();
}

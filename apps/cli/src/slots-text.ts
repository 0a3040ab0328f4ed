/** How full a gateway is and what it costs to build, in half a line. */
import type { CapacityForecast } from '@holdfast/gateway-policy';
import { lengthOf } from '@holdfast/host/cli';

export function slotsText({ slots, buildMs }: CapacityForecast): string {
  const build = `about ${lengthOf(buildMs)} to build anew`;
  if (slots === null) return build;
  const { used, free, fullest } = slots;
  return `${used} slots used, ${free} free, ${fullest.free} of them in the fullest shard (${fullest.shard}); ${build}`;
}

import { MemoryTokenFamilies } from './memory-token-families.ts';
import { describeTokenFamilies } from './token-contract.ts';
import type { TokenFamily } from './token-family.ts';

describeTokenFamilies('the memory of a process', async () => {
  const families = new Map<string, TokenFamily>();
  return {
    open: (profile) => new MemoryTokenFamilies({ profile, families }),
    [Symbol.asyncDispose]: async () => undefined,
  };
});

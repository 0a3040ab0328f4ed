import { describe, expect, it } from 'vitest';
import { isGatewayName } from './gateway-name.ts';

describe('isGatewayName', () => {
  it.each(['gw', 'gw1', '1', 'lis-edge-2', 'a'.repeat(32)])('%j is the name of a gateway', (name) => {
    expect(isGatewayName(name)).toBe(true);
  });

  it.each(['', '-gw', 'GW', 'gw_1', 'gw.1', '../gw', 'a/b', 'gw 1', 'gw\n', 'gẃ', 'gw:1', 'a'.repeat(33)])(
    '%j is none',
    (name) => {
      expect(isGatewayName(name)).toBe(false);
    },
  );
});

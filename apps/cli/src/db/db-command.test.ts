import { describe, expect, it } from 'vitest';
import { dbSeedSettings } from './db-command.ts';

describe('--nas of db seed', () => {
  const { parse } = dbSeedSettings.nas;

  it('is an address and a port', () => {
    expect(parse('192.0.2.1:3799')).toEqual({ address: '192.0.2.1', coaPort: 3_799 });
  });

  it.each(['', '192.0.2.1', '192.0.2.1:0', '192.0.2.1:65536', '192.0.2.256:3799', 'nas:3799', '[::1]:3799'])(
    'is not %j',
    (text) => {
      expect(() => parse(text)).toThrow();
    },
  );
});

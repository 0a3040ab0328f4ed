/** What a word that somebody types may mean. */
import { describe, expect, it } from 'vitest';
import { askedClient } from './asked-client.ts';

describe('a word is the address', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7'],
    [' 10.0.0.7 ', '10.0.0.7'],
    ['10.0.0.7/32', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::FFFF:0a00:0007', '10.0.0.7'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['2001:db8::7/128', '2001:db8::7'],
  ])('%s is %s', (word, address) => {
    expect(askedClient(word)).toMatchObject({ address, addresses: expect.arrayContaining([address]) });
  });

  it.each(['10.0.0.0/24', '10.0.0', '2001:db8::/64', 'fe80::1%eth0', '10.0.0.7 or 1=1', 'ana', ''])(
    '%s is none',
    (word) => {
      expect(askedClient(word)).toMatchObject({ address: undefined, addresses: [], userName: word });
    },
  );
});

it.each([
  ['17', 17],
  [' 17 ', 17],
  ['017', 17],
  ['1e3', undefined],
  ['-1', undefined],
  ['1234567890123456', undefined],
])('%s is the connection %s', (word, connectionId) => {
  expect(askedClient(word).connectionId).toBe(connectionId);
});

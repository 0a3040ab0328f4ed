/** The sweep, on logs of which it is known what they show. */
import { describe, expect, it } from 'vitest';
import { recordBytes, recordOf, sweep } from './hold-log.ts';

const lines = (...records: readonly string[]) => sweep(records);

describe('the sweep', () => {
  it('finds nothing in holds that follow each other', async () => {
    expect(await lines('+01', '-01', '+02', '-02', '+01', '-01')).toEqual({
      holds: 3,
      overlaps: 0,
      examples: [],
      unreadable: 0,
    });
  });

  it.each([
    [['+01', '+02', '-01', '-02'], 1, ['process 2 beside process 1']],
    [['+01', '+02', '-02', '-01'], 1, ['process 2 beside process 1']],
    [
      ['+01', '+02', '+03', '-01', '-02', '-03'],
      2,
      ['process 2 beside process 1', 'process 3 beside process 1 and process 2'],
    ],
    [['+01', '-01', '+02', '-02', '+02', '+01'], 1, ['process 1 beside process 2']],
    [['+01', '+01', '-01'], 1, ['process 1 beside process 1']],
  ])('finds the overlaps in %j', async (records, overlaps, examples) => {
    expect(await lines(...records)).toMatchObject({ overlaps, examples });
  });

  it('keeps the first few examples of many', async () => {
    const many = Array.from({ length: 50 }, (_, place) => (place % 2 === 0 ? '+01' : '+02'));
    const { overlaps, examples } = await lines(...many);
    expect({ overlaps, examples: examples.length }).toEqual({ overlaps: 49, examples: 5 });
  });

  it.each([['-01'], ['+1'], ['+001'], ['x01'], [''], ['+0a'], ['\0\0\0']])(
    'says of the line %j that it cannot be read',
    async (line) => {
      expect(await lines('+02', line, '-02')).toMatchObject({ holds: 1, unreadable: 1 });
    },
  );
});

it.each([0, 7, 63])('a record of process %d is of one length and is read back', async (worker) => {
  const [begin, end] = [recordOf('+', worker), recordOf('-', worker)];
  expect([begin.length, end.length]).toEqual([recordBytes, recordBytes]);
  expect(await lines(begin.trimEnd(), end.trimEnd())).toMatchObject({ holds: 1, overlaps: 0, unreadable: 0 });
});

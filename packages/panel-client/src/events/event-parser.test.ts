/** Server-sent events, by the rules of the HTML standard, however their text is cut. */
import { describe, expect, it } from 'vitest';
import { EventParser } from './event-parser.ts';

const parsed = (...texts: readonly string[]) => {
  const parser = new EventParser();
  return texts.flatMap((text) => parser.push(text));
};

describe('EventParser', () => {
  it.each([
    ['LF', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['all of them', 'data: a\r\n\ndata: b\n\rdata: c\r\r\n', ['a', 'b', 'c']],
    ['data of several lines', 'data: YHOO\ndata: +2\ndata\ndata: 10\n\n', ['YHOO\n+2\n\n10']],
    ['data of several lines with CRLF', 'data: a\r\ndata: b\r\n\r\n', ['a\nb']],
    ['data that is empty', 'data\n\ndata:\n\n', ['', '']],
    ['one blank behind the colon only', 'data:a\n\ndata:  b\n\n', ['a', ' b']],
    ['comments', ': heartbeat\n\n:\ndata: a\n: in between\n\n', ['a']],
    ['fields that are no data', 'event: x\nid: 7\nfoo: bar\nDATA: b\n\n', []],
    ['an event that does not end', 'data: a\n\ndata: b\n', ['a']],
  ])('reads %s', (_, text, events) => {
    expect(parsed(text)).toEqual(events);
    expect(parsed(...text)).toEqual(events);
  });

  it('takes a line feed for the rest of a line end also where texts without any stand between', () => {
    expect(parsed('data: a\r', '', '\n', 'data: b\r', '', '', '\n', '\r', '\n')).toEqual(['a\nb']);
  });

  it('reads how long to wait, and nothing else for it', () => {
    const parser = new EventParser();
    parser.push('retry: 1500\nretry: soon\nretry: -1\nretry:\n\n');
    expect(parser.retryMs).toBe(1_500);
  });

  it('counts what has not ended', () => {
    const parser = new EventParser();
    parser.push('data: abc\ndata: de');
    expect(parser.pending).toBe(3 + 'data: de'.length);
    parser.push('\n\n');
    expect(parser.pending).toBe(0);
  });
});

/** The limits of a server's URL. */
import { describe, expect, it } from 'vitest';
import { impatientUrl } from './impatient-url.ts';

describe('the URL of a server', () => {
  it.each([
    ['sqlite:/a?b', 'sqlite:/a?b'],
    ['mysql://u:p@h/d', 'mysql://u:p@h/d?connect-timeout=2s&statement-timeout=2s'],
    ['mysql://u:p@h/d?socket=%2Fs', 'mysql://u:p@h/d?socket=%2Fs&connect-timeout=2s&statement-timeout=2s'],
    ['MariaDB://h/d?statement-timeout=9s', 'MariaDB://h/d?statement-timeout=9s&connect-timeout=2s'],
    [
      'mysql://h/d?statement-timeout=9s&connect-timeout=1s',
      'mysql://h/d?statement-timeout=9s&connect-timeout=1s',
    ],
  ])('%s becomes %s', (url, expected) => {
    expect(impatientUrl(url)).toBe(expected);
  });
});

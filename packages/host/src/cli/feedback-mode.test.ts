/** When a command talks while it waits. */
import { expect, it } from 'vitest';
import { feedbackMode } from './feedback-mode.ts';

it.each([
  ['auto', true, {}, 'live'],
  ['auto', true, { TERM: 'xterm-256color', NO_COLOR: '1' }, 'live'],
  ['auto', false, {}, 'quiet'],
  ['auto', true, { CI: 'true' }, 'quiet'],
  ['auto', true, { CI: '1' }, 'quiet'],
  ['auto', true, { CI: 'false' }, 'live'],
  ['auto', true, { CI: '' }, 'live'],
  ['auto', true, { TERM: 'dumb' }, 'plain'],
  ['plain', false, { CI: 'true' }, 'plain'],
  ['plain', true, {}, 'plain'],
  ['none', true, {}, 'quiet'],
  ['none', false, {}, 'quiet'],
] as const)('feedback %s, on a terminal %s, with %j, is %s', (progress, isTTY, environment, mode) => {
  expect(feedbackMode(progress, { isTTY }, environment)).toBe(mode);
});

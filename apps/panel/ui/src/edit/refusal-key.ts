/** Why an answer refuses: the rule of the server where it names one, else what answers of its kind are called. */
import type { Answer } from '@holdfast/optimistic-client';
import { problemKey } from '../data/problem.ts';
import type { TextKey } from '../i18n/texts.ts';
import type { RecordWords } from './record-kind.ts';

export function refusalKey(answer: Answer, { reasons }: Pick<RecordWords, 'reasons'>): TextKey {
  const known = rulesOf(answer).find((rule) => Object.hasOwn(reasons, rule));
  return (known === undefined ? undefined : reasons[known]) ?? problemKey(answer.kind);
}

function rulesOf(answer: Answer): readonly string[] {
  if (answer.kind === 'state-conflict') return [answer.reason];
  return answer.kind === 'invalid' ? answer.issues.map(({ code }) => code) : [];
}

/** Why an answer refuses: the rule of the server where it names one, else what answers of its kind are called. */
import type { Answer } from '@holdfast/optimistic-client';
import { problemKey } from '../data/problem.ts';
import type { TextKey } from '../i18n/texts.ts';
import type { RecordWords } from './record-kind.ts';

export function refusalKey(answer: Answer, { reasons }: RecordWords): TextKey {
  const reason = answer.kind === 'state-conflict' ? reasons[answer.reason] : undefined;
  return reason ?? problemKey(answer.kind);
}

/**
 * Shows that a CAPTCHA is wanted and does it by itself: nobody has to press anything. It starts again when it has failed, when it
 * was used, and with each new `round`.
 */
import { type ReactNode, useEffect, useEffectEvent, useId, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { problemKey, problemOf } from '../../data/problem.ts';
import { useText } from '../../i18n/text-context.tsx';
import { solveCaptcha } from './solve-captcha.ts';

type Phase =
  | { readonly kind: 'working' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: string | undefined };

export interface CaptchaFieldProps {
  /** Another number asks for another solution: each counts once. */
  readonly round: number;
  readonly onSolved: (token: string | undefined) => void;
}

export function CaptchaField({ round, onSolved }: CaptchaFieldProps): ReactNode {
  const { t } = useText();
  const [again, setAgain] = useState(0);
  const phase = useSolution(`${round}.${again}`, onSolved);
  const id = useId();
  return (
    <div className="captcha">
      <div className="check">
        <input
          id={id}
          type="checkbox"
          checked={phase.kind === 'done'}
          readOnly
          aria-describedby={`${id}-state`}
          aria-busy={phase.kind === 'working'}
          onClick={(event) => event.preventDefault()}
        />
        <label htmlFor={id}>{t('captcha.label')}</label>
        {phase.kind === 'working' && <span className="spinner" aria-hidden="true" />}
      </div>
      <p id={`${id}-state`} className="small soft" role="status">
        <PhaseText phase={phase} />
      </p>
      {phase.kind === 'failed' && (
        <Button size="small" onClick={() => setAgain((count) => count + 1)}>
          {t('state.retry')}
        </Button>
      )}
    </div>
  );
}

function PhaseText({ phase }: { readonly phase: Phase }): ReactNode {
  const { t } = useText();
  switch (phase.kind) {
    case 'working':
      return `${t('captcha.working')} ${t(window.isSecureContext ? 'captcha.hint' : 'captcha.slow')}`;
    case 'done':
      return t('captcha.done');
    case 'failed':
      return t(phase.code === undefined ? 'captcha.failed' : problemKey(phase.code));
    default:
      return phase satisfies never;
  }
}

function useSolution(attempt: string, onSolved: CaptchaFieldProps['onSolved']): Phase {
  const client = useClient();
  const [phase, setPhase] = useState<Phase>({ kind: 'working' });
  const tell = useEffectEvent(onSolved);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another solution
  useEffect(() => {
    const stop = new AbortController();
    const run = async (): Promise<Phase> => {
      const token = await solveCaptcha(await client.captcha(), stop.signal);
      if (stop.signal.aborted) return { kind: 'working' };
      tell(token);
      return token === undefined ? { kind: 'failed', code: undefined } : { kind: 'done' };
    };
    setPhase({ kind: 'working' });
    tell(undefined);
    void run()
      .catch((error: unknown): Phase => ({ kind: 'failed', code: problemOf(error)?.code }))
      .then((next) => {
        if (!stop.signal.aborted) setPhase(next);
      });
    return () => stop.abort();
  }, [client, attempt]);
  return phase;
}

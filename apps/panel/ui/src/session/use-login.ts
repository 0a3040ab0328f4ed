/**
 * One login after the other, each under an `attemptId` of its own. It keeps that where nobody answered, so that a CAPTCHA which the
 * lost request has used up still counts when the same login is sent again.
 */
import { newMutationId } from '@holdfast/panel-client';
import { useEffect, useRef, useState } from 'react';
import { usePanel } from '../data/panel-context.tsx';
import { problemOf } from '../data/problem.ts';

export interface LoginRefusal {
  readonly code: string;
  /** Milliseconds since 1970: when another one may be let through. */
  readonly retryAt: number | undefined;
}

interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface LoginSubmission {
  readonly isBusy: boolean;
  readonly refusal: LoginRefusal | undefined;
  /** Counts the CAPTCHAs that were wanted; undefined while none is. */
  readonly captchaRound: number | undefined;
  submit(credentials: Credentials): void;
  takeCaptcha(token: string | undefined): void;
}

export function useLogin(): LoginSubmission {
  const { session } = usePanel();
  const [isSending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<LoginRefusal>();
  const [captchaRound, setCaptchaRound] = useState<number>();
  const [token, setToken] = useState<string>();
  /** Sent as soon as the CAPTCHA is solved. */
  const [waiting, setWaiting] = useState<Credentials>();
  const attempt = useRef(newMutationId());

  const refuse = (error: unknown, credentials: Credentials) => {
    const problem = problemOf(error);
    const code = problem?.code ?? 'unexpected';
    if (code !== 'unreachable') attempt.current = newMutationId();
    const { retryAfterMs } = problem ?? {};
    setRefusal({ code, retryAt: retryAfterMs === undefined ? undefined : Date.now() + retryAfterMs });
    const isWanted = problem?.problem?.captcha === 'required' || captchaRound !== undefined;
    if (isWanted && code !== 'unreachable') setCaptchaRound((round = 0) => round + 1);
    // It was the CAPTCHA alone that was missing: nobody has to press again.
    if (code === 'captcha-required') setWaiting(credentials);
  };

  const send = async (credentials: Credentials) => {
    setSending(true);
    setWaiting(undefined);
    try {
      const captcha = token === undefined ? {} : { captcha: token };
      await session.login({ ...credentials, ...captcha, attemptId: attempt.current });
    } catch (error) {
      refuse(error, credentials);
    } finally {
      setSending(false);
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a solution sends what waits for it
  useEffect(() => {
    if (token !== undefined && waiting !== undefined) void send(waiting);
  }, [token]);

  return {
    isBusy: isSending || waiting !== undefined,
    refusal: refusal?.code === 'captcha-required' && waiting !== undefined ? undefined : refusal,
    captchaRound,
    submit: (credentials) => {
      if (captchaRound !== undefined && token === undefined) setWaiting(credentials);
      else void send(credentials);
    },
    takeCaptcha: setToken,
  };
}

/**
 * One question to a siteverify service: a form over HTTP, an answer in JSON, both bounded in time and size. Redirects are
 * not followed: the form carries the secret.
 */
import { errnoOf } from '@holdfast/base';
import type { Unavailable } from './captcha-outcome.ts';

export type Posted = { readonly kind: 'answered'; readonly body: unknown } | Unavailable;

/** An answer is about 200 bytes. */
const largestAnswerBytes = 16_384;

/** Never rejects: whatever the network does is one of the two. @param timeoutMs - for the whole answer */
export async function postSiteverify(
  endpoint: URL,
  form: URLSearchParams,
  timeoutMs: number,
): Promise<Posted> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body: form,
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal,
    });
    // Turnstile says 400 for requests that it does not understand, with an answer that tells why.
    if (response.status !== 200 && response.status !== 400) {
      await response.body?.cancel();
      return { kind: 'unavailable', reason: 'status', detail: String(response.status) };
    }
    const text = await textOf(response);
    return text === undefined ? garbage : parse(text);
  } catch (error) {
    if (signal.aborted) return { kind: 'unavailable', reason: 'timeout' };
    // What fetch throws says nothing itself; its cause is the error of the socket.
    const code = errnoOf(error instanceof Error ? error.cause : undefined) ?? errnoOf(error);
    return { kind: 'unavailable', reason: 'network', ...(code === undefined ? {} : { detail: code }) };
  }
}

const garbage: Posted = { kind: 'unavailable', reason: 'garbage' };

/** @returns undefined when it is too long; the rest is not read */
async function textOf(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  if (response.body === null) return text;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > largestAnswerBytes) return undefined; // leaving the loop cancels the body
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): Posted {
  try {
    return { kind: 'answered', body: JSON.parse(text) };
  } catch {
    return garbage;
  }
}

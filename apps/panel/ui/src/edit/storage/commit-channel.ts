/** Tells the other tabs of this browser what this one has committed, sooner than the server does. */
export interface CommitNews {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
}

export class CommitChannel {
  readonly #channel: BroadcastChannel | undefined =
    typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('holdfast:commits');

  tell(news: CommitNews): void {
    this.#channel?.postMessage(news);
  }

  /** @returns ends it */
  listen(listener: (news: CommitNews) => void): () => void {
    const hear = ({ data }: MessageEvent<CommitNews>) => listener(data);
    this.#channel?.addEventListener('message', hear);
    return () => this.#channel?.removeEventListener('message', hear);
  }

  close(): void {
    this.#channel?.close();
  }
}

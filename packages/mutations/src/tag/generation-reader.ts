/**
 * Reads generations for many at once. Whoever asks while a question is under way is answered by the next one, never by that
 * one: it may have been asked before the change that the caller knows of. So however many ask, two questions at most are on
 * their way, and an answer is never older than its question.
 */
import type { Truth } from '@holdfast/truth-db';
import { readGenerations } from './generations.ts';

interface Question {
  readonly tags: Set<string>;
  readonly answer: Promise<ReadonlyMap<string, number>>;
}

/** Tags of one statement; it has a text for each number of them, and those are kept. */
const mostTags = 32;

export class GenerationReader {
  readonly #db: Truth['db'];
  #waiting: Question | undefined;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(db: Truth['db']) {
    this.#db = db;
  }

  /** The generations of `tags` as one text: equal texts, nothing has changed. */
  async read(tags: readonly string[]): Promise<string> {
    const waiting = this.#waiting;
    const hasRoom = waiting !== undefined && waiting.tags.size + tags.length <= mostTags;
    const question = hasRoom ? waiting : this.#newQuestion();
    for (const tag of tags) question.tags.add(tag);
    const generations = await question.answer;
    return tags.map((tag) => generations.get(tag)).join();
  }

  #newQuestion(): Question {
    const tags = new Set<string>();
    const before = this.#underWay;
    const ask = async () => {
      await before;
      if (this.#waiting === question) this.#waiting = undefined;
      return readGenerations(this.#db, [...tags]);
    };
    const question: Question = { tags, answer: ask() };
    this.#waiting = question;
    this.#underWay = question.answer.catch(() => undefined);
    return question;
  }
}

/**
 * What a daemon says of its runs: with `--json` every run as one line, else only those that did something. A failure that
 * repeats itself is told once, and so is its end: the log of an outage has two entries, not one per try.
 */

import {
  type PolicyResult,
  type PrintOptions,
  printFailure,
  printResult,
} from '@holdfast/gateway-policy/command';
import { asHoldfastError } from '@holdfast/host/cli';

export class RunTeller {
  readonly #options: PrintOptions & { readonly gateway: string };
  #failure: string | undefined;

  constructor(options: PrintOptions & { readonly gateway: string }) {
    this.#options = options;
  }

  /** @returns the exit status that the command would have if this run was its last */
  run(result: PolicyResult): number {
    const { report, error } = result;
    if (error !== undefined && error.code === this.#failure) return error.exit;
    const isNews = report.outcome !== 'unchanged' || report.rolledForward || this.#failure !== undefined;
    this.#failure = error?.code;
    return this.#options.isJson || isNews ? printResult(result, this.#options) : 0;
  }

  /** Of what failed beside a run. @returns as `run` */
  failure(thrown: unknown): number {
    const error = asHoldfastError(thrown);
    if (error.code === this.#failure) return error.exit;
    this.#failure = error.code;
    return printFailure(error, { ...this.#options, reason: 'timer' });
  }
}

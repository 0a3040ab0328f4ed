/** What a report of vitest says of a control. Pure. */
import { type Control, fileOf, type TestsByFile, usuallyGreen } from './control.ts';

/** What is read of vitest's report. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** Failures that are none of a case: it has not come as far as its guard. */
const early =
  /there is no ground|ECONNREFUSED|ERR_CONNECTION_REFUSED|browserType\.|page\.goto:|cannot log in/;

/** Why the control is not red, in words; both lists are empty when it is. */
export interface Verdict {
  /** Tests that have not noticed. */
  readonly unnoticed: readonly string[];
  /** Tests that say nothing: they have not come as far as the guard, or should have passed. */
  readonly untried: readonly string[];
}

export function verdictOf({ red, green = usuallyGreen }: Control, report: Report): Verdict {
  const resultOf = ({ file, title }: NamedTest) => {
    const { assertionResults } =
      report.testResults.find(({ name }) => name.endsWith(`/${fileOf(file)}`)) ?? {};
    const result = assertionResults?.find((one) => one.title === title);
    const [message = ''] = result?.failureMessages ?? [];
    return { title, status: result?.status ?? 'not found', said: message.split('\n', 1)[0] ?? '' };
  };
  const reds = testsOf(red).map(resultOf);
  const isEarly = (said: string) => said === '' || early.test(said);
  return {
    unnoticed: reds.flatMap(({ title, status }) => (status === 'failed' ? [] : `${status}: ${title}`)),
    untried: [
      ...reds.filter(({ status, said }) => status === 'failed' && isEarly(said)),
      ...testsOf(green)
        .map(resultOf)
        .filter(({ status }) => status !== 'passed'),
    ].map(({ title, status, said }) => `${status} (${said}): ${title}`),
  };
}

export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

export function testsOf(tests: TestsByFile): readonly NamedTest[] {
  return Object.entries(tests).flatMap(([file, titles]) => titles.map((title) => ({ file, title })));
}

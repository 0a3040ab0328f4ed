/** `runtime-state validate` */
import { relative } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { answer, type CommandLine, type MainContext } from '@holdfast/host/cli';
import type { Finding, Steward } from '@holdfast/runtime-stores';
import { type OpenStores, openStores } from '../open-stores.ts';
import { createProgress } from '../progress-line.ts';
import { validateSettings } from '../store-settings.ts';

export async function validate(line: CommandLine, { signal }: MainContext): Promise<number> {
  return await answer(validateSettings, line, async (settings) => {
    const stores = openStores(settings);
    using progress = createProgress(settings.progress.value);
    const { documents, findings } = await readAll(stores, (what) => {
      signal.throwIfAborted();
      progress.show(what);
    });
    const stuck = (await stores.resets.list()).filter(
      ({ status }) => status === 'unfinished' || status === 'damaged',
    );
    const resets = stuck.map(({ id, status }) => ({ id, status }));
    const failure = failureOf(findings, resets, documents);
    return {
      document: { documents, findings, resets },
      lines: [
        ...findings.map(({ document, condition, verdict, because }) => {
          return `${document}  ${condition}: a steward would ${verdict} it, since ${because}`;
        }),
        ...resets.map(({ id, status }) => `reset ${id} is ${status}`),
        ...(failure === undefined ? [`${documents} documents are whole`] : []),
      ],
      failure,
    };
  });
}

/** @param onStep - called for each document */
async function readAll({ directory, stewards }: OpenStores, onStep: (what: string) => void) {
  const findings: ReturnType<typeof describe>[] = [];
  let documents = 0;
  for (const steward of stewards) {
    for await (const document of steward.area.documents()) {
      documents += document.condition === 'absent' ? 0 : 1;
      onStep(`${steward.area.name}: ${documents} documents read`);
      const finding = steward.findingOf(document);
      if (finding !== undefined) findings.push(describe(steward, finding, directory));
    }
  }
  return { documents, findings };
}

function describe(steward: Steward, finding: Finding, root: string) {
  const { document, reason } = finding;
  const { condition, path, problem } = document;
  return {
    area: steward.area.name,
    document: relative(root, path),
    reason: reason.kind,
    condition,
    verdict: steward.verdictOn(finding),
    because: steward.decide(finding).because,
    ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } }),
  };
}

/** A salt that is missing or due is no damage. */
function failureOf(
  findings: readonly ReturnType<typeof describe>[],
  resets: readonly { readonly status: string }[],
  documents: number,
): HoldfastError | undefined {
  const corrupt = findings.filter(({ reason }) => reason === 'corrupt');
  const of = `${corrupt.length} of ${documents} documents`;
  const has = (condition: string) => corrupt.some((finding) => finding.condition === condition);
  if (has('damaged') || has('recovered')) return new HoldfastError('DOCUMENT_INVALID', `${of} are damaged`);
  if (has('newer')) return new HoldfastError('DOCUMENT_NEWER', `${of} were written by a newer version`);
  if (corrupt.length > 0) return new HoldfastError('READ_FAILED', `${of} cannot be read`);
  if (resets.some(({ status }) => status === 'damaged'))
    return new HoldfastError('RESET_DAMAGED', 'the journal of a reset is damaged');
  if (resets.length > 0)
    return new HoldfastError('RESET_UNFINISHED', 'a reset is neither complete nor taken back');
  return undefined;
}

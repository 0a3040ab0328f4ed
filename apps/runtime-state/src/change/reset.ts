/** `runtime-state reset AREA` */
import { join, relative } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { answer, type CommandLine, type MainContext } from '@holdfast/host/cli';
import type { Finding, Steward, StewardReport } from '@holdfast/runtime-stores';
import { documentAt } from '../look/inspect.ts';
import { areaOf, openStores, waitsOf } from '../open-stores.ts';
import { createProgress } from '../progress-line.ts';
import { resetSettings } from '../store-settings.ts';

/** As many lines as a person reads; `--json` has all. */
const mostLines = 20;
/** What `--dry-run` ends with when there is something to do. */
const pendingStatus = 2;

export async function reset(line: CommandLine, { signal }: MainContext): Promise<number> {
  const [name = ''] = line.operands;
  return await answer(resetSettings, line, async (settings) => {
    const stores = openStores(settings, waitsOf(settings));
    const area = areaOf(stores, name);
    const steward = stores.stewards.find((each) => each.area === area);
    if (steward === undefined) throw new HoldfastError('INTERNAL', `${area.name} has no steward`);
    const only = settings.document.value;
    const documents = only === undefined ? undefined : [documentAt(area, join(stores.directory, only))];
    const findings = await findingsOf(steward, documents, settings.damaged.value);
    using progress = createProgress(settings.progress.value);
    const reports = await steward.attend(findings, {
      mode: settings.dryRun.value ? 'dry-run' : 'apply',
      waitMs: settings.lockTimeout.value,
      signal,
      onProgress: ({ done, total }) => progress.show(`${area.name}: ${done} of ${total} documents`),
    });
    return answerOf(area.name, reports, stores.directory);
  });
}

/** What was named, or everything; of that what is damaged, or all of it. */
async function findingsOf(
  steward: Steward,
  named: readonly Finding['document'][] | undefined,
  isDamagedOnly: boolean,
): Promise<readonly Finding[]> {
  const documents = named ?? (await Array.fromAsync(steward.area.documents()));
  if (!isDamagedOnly)
    return documents
      .filter(({ condition }) => condition !== 'absent')
      .map((document) => ({ document, reason: steward.reasonOf('manual', document) }));
  return documents.flatMap((document) => steward.findingOf(document) ?? []);
}

function answerOf(area: string, reports: readonly StewardReport[], root: string) {
  const shown = reports.map((report) => ({ ...report, document: relative(root, report.document) }));
  const of = (outcome: StewardReport['outcome']) => shown.filter((report) => report.outcome === outcome);
  const resets = new Map(reports.flatMap(({ reset: made }) => (made === undefined ? [] : [[made.id, made]])));
  const refused = of('refused');
  const outcome = (['refused', 'reset', 'rotated', 'pending'] as const).find((each) => of(each).length > 0);
  const failure =
    refused.length === 0
      ? undefined
      : new HoldfastError('REFUSED', `${refused[0]?.document}: ${refused[0]?.because}`, {
          details: { documents: refused.map(({ document }) => document) },
        });
  const listed = shown.slice(0, mostLines).map(({ document, condition, outcome: did, because }) => {
    return `${did}  ${document} (${condition}): ${because}`;
  });
  const more = shown.length > mostLines ? [`… and ${shown.length - mostLines} more`] : [];
  const told = [...resets.values()].map(({ id, files, undoable }) => {
    const count = files.filter(({ action }) => action !== 'absent').length;
    return undoable
      ? `${count} files; to put them back: runtime-state undo ${id}`
      : `${count} files would go to the trash or be replaced`;
  });
  return {
    document: {
      outcome: outcome ?? 'kept',
      area,
      documents: shown.map(({ reset: made, ...report }) => ({ ...report, reset: made?.id ?? null })),
      resets: [...resets.values()],
    },
    lines: [...listed, ...more, ...(shown.length === 0 ? [`${area}: nothing to do`] : []), ...told],
    failure,
    exit: of('pending').length > 0 ? pendingStatus : 0,
  };
}

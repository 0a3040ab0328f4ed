/**
 * The steward of an area: finds what is wrong with its documents, asks the policy, and carries out what that says. The same
 * sentence for every store:
 *
 *   reason and facts → policy → plan → locks of the area and its documents → facts again → ResetExecutor → report
 *
 * Whatever it resets goes to the trash, documents and evidence alike, and can be put back. What depends on a document that is
 * reset goes with it, in the same reset: keys of the limiter are made with the salt, so a lost salt takes the counters with it.
 * Where those lie on another file system, or are more than can be held locked at once, they stay where they are: nobody can
 * make their keys any more, a sweep removes them, and after an undo they count again.
 */
import { type PlanMode, planOf } from '@holdfast/action-plan';
import type { ResetAction, ResetReceipt } from '@holdfast/reset-executor';
import type { DocumentCondition } from './document-facts.ts';
import { pathInRoot } from './reset-root.ts';
import { stewardPolicies } from './steward-policies.ts';
import { type StewardReason, type StewardVerdict, verdictWord } from './steward-reason.ts';
import type { AreaDocument, StoreArea } from './store-area.ts';
import type { StoreResets, WaitOptions } from './store-resets.ts';

export interface Finding {
  readonly reason: StewardReason;
  readonly document: AreaDocument;
}

export interface StewardReport {
  readonly area: string;
  /** Absolute. */
  readonly document: string;
  readonly reason: StewardReason['kind'];
  readonly condition: DocumentCondition;
  readonly verdict: ReturnType<typeof verdictWord>;
  readonly because: string;
  /** 'pending': in a dry run, what would be done. */
  readonly outcome: 'kept' | 'refused' | 'rotated' | 'reset' | 'pending';
  /** Of a reset, shared by all documents that it took. */
  readonly reset?: Pick<ResetReceipt, 'id' | 'files'> & { readonly undoable: boolean };
}

export interface AttendOptions extends WaitOptions {
  readonly mode: PlanMode;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface StewardOptions {
  readonly area: StoreArea;
  readonly resets: StoreResets;
  /** Areas whose entries mean nothing without this one. */
  readonly dependants?: readonly StoreArea[];
  /** In one reset: each is held locked, and each costs its journal two lines. Default 1024. */
  readonly mostDocuments?: number;
}

const mostDocuments = 1_024;

export class Steward {
  readonly area: StoreArea;
  readonly #resets: StoreResets;
  readonly #dependants: readonly StoreArea[];
  readonly #most: number;

  constructor(options: StewardOptions) {
    this.area = options.area;
    this.#resets = options.resets;
    this.#dependants = options.dependants ?? [];
    this.#most = options.mostDocuments ?? mostDocuments;
  }

  /** The documents that give reason to be looked at. Takes no lock. */
  async *observe(): AsyncGenerator<Finding> {
    for await (const document of this.area.documents()) {
      const finding = this.findingOf(document);
      if (finding !== undefined) yield finding;
    }
  }

  /** Undefined when the document gives no reason. */
  findingOf(document: AreaDocument): Finding | undefined {
    const kind = reasonFor(document, this.area);
    return kind === undefined ? undefined : { document, reason: this.reasonOf(kind, document) };
  }

  reasonOf(kind: StewardReason['kind'], { path }: AreaDocument): StewardReason {
    return { kind, scope: this.area.name, subject: path };
  }

  decide({ reason, document }: Finding): StewardVerdict {
    return stewardPolicies[this.area.store](reason, document.facts);
  }

  /** The same in one word. */
  verdictOn(finding: Finding): StewardReport['verdict'] {
    return verdictWord(this.decide(finding));
  }

  /**
   * Decides on each finding and does what was decided, resets in groups.
   *
   * @throws HoldfastError LOCK_BUSY, CANCELLED - the group at hand was left as it was; those before it are done
   * @throws HoldfastError as `ResetExecutor.reset`
   */
  async attend(findings: readonly Finding[], options: AttendOptions): Promise<readonly StewardReport[]> {
    const reports: StewardReport[] = [];
    const toReset: Finding[] = [];
    for (const finding of findings) {
      const verdict = this.decide(finding);
      const plan = planOf(finding.reason, verdict, {
        mode: options.mode,
        waitMs: options.waitMs ?? 0,
        priority: 'interactive',
      });
      const kind = plan?.actions[0]?.kind;
      if (kind === 'reset') toReset.push(finding);
      else if (kind === 'rotate') reports.push(await this.#rotate(finding, verdict, options));
      else reports.push(this.#reported(finding, verdict, verdict.kind === 'refuse' ? 'refused' : 'kept'));
    }
    for (let start = 0; start < toReset.length; start += this.#most) {
      options.signal?.throwIfAborted();
      const group = toReset.slice(start, start + this.#most);
      reports.push(...(await this.#reset(group, options)));
      options.onProgress?.({ done: start + group.length, total: toReset.length });
    }
    return reports;
  }

  async #rotate(finding: Finding, verdict: StewardVerdict, { mode }: AttendOptions): Promise<StewardReport> {
    if (mode !== 'apply') return this.#reported(finding, verdict, 'pending');
    await this.area.rotate?.();
    return this.#reported(finding, verdict, 'rotated');
  }

  /** What a reset would do; of its plan the paths alone, since the content may be a secret. */
  async #plan(group: readonly Finding[]): Promise<readonly StewardReport[]> {
    const prepared = await this.#prepare(group, await this.#dependantPaths());
    const { id, files } = await this.#resets.plan(this.area, prepared);
    const reset = { id, files: files.map(({ path, action }) => ({ path, action })), undoable: false };
    return group.map((finding) => ({ ...this.#reported(finding, this.decide(finding), 'pending'), reset }));
  }

  async #reset(group: readonly Finding[], options: AttendOptions): Promise<readonly StewardReport[]> {
    if (options.mode !== 'apply') return await this.#plan(group);
    let dependants: readonly string[] = [];
    let decided: readonly Finding[] = [];
    const receipt = await this.#resets.carryOut(this.area, {
      ...options,
      paths: async () => {
        dependants = await this.#dependantPaths();
        return [...dependants, ...group.map(({ document }) => document.path)];
      },
      prepare: async () => {
        decided = group.map(({ reason, document }) => ({
          reason,
          document: this.area.examine(document.path) ?? document,
        }));
        const still = decided.filter((finding) => verdictWord(this.decide(finding)) === 'reset');
        return still.length === 0 ? undefined : await this.#prepare(still, dependants);
      },
    });
    return decided.map((finding) => {
      const verdict = this.decide(finding);
      if (receipt === undefined || verdictWord(verdict) !== 'reset')
        return this.#reported(finding, verdict, verdict.kind === 'refuse' ? 'refused' : 'kept');
      const { id, files, undoable } = receipt;
      return { ...this.#reported(finding, verdict, 'reset'), reset: { id, files, undoable } };
    });
  }

  /** What depends on a document goes before it: what is half done can then be seen by the new one alone. */
  async #prepare(group: readonly Finding[], dependants: readonly string[]) {
    const root = this.#resets.rootOf(this.area);
    const actions: ResetAction[] = dependants.map((path) => ({
      kind: 'remove',
      path: pathInRoot(root, path),
    }));
    for (const { document } of group) {
      const path = pathInRoot(root, document.path);
      const replacement = await this.area.replacementOf(document.path);
      if (replacement === undefined) actions.push({ kind: 'remove', path });
      else actions.push({ kind: 'replace', path, value: replacement.value, mode: 0o600 });
    }
    const [first] = group;
    const kind = first?.reason.kind ?? 'manual';
    return { reason: { kind, scope: this.area.name }, actions };
  }

  /** Those that the same reset can take; none when they are too many. */
  async #dependantPaths(): Promise<readonly string[]> {
    const root = this.#resets.rootOf(this.area).directory;
    const paths: string[] = [];
    for (const area of this.#dependants) {
      if (this.#resets.rootOf(area).directory !== root) continue;
      for await (const { path } of area.documents()) {
        paths.push(path);
        if (paths.length > this.#most) return [];
      }
    }
    return paths;
  }

  #reported(
    { reason, document }: Finding,
    verdict: StewardVerdict,
    outcome: StewardReport['outcome'],
  ): StewardReport {
    return {
      area: this.area.name,
      document: document.path,
      reason: reason.kind,
      condition: document.condition,
      verdict: verdictWord(verdict),
      because: verdict.because,
      outcome,
    };
  }
}

/** Entries that have expired in a document that is whole are a sweep's, not a steward's. */
function reasonFor(document: AreaDocument, { store }: StoreArea): StewardReason['kind'] | undefined {
  const { condition, facts } = document;
  switch (condition) {
    case 'absent':
      return store === 'salt' ? 'missing' : undefined;
    case 'whole':
      if (!facts.isDue) return undefined;
      return facts.isOver ? 'expired' : 'rotation-due';
    case 'recovered':
    case 'damaged':
    case 'newer':
    case 'unreadable':
      return 'corrupt';
    default:
      return condition satisfies never;
  }
}

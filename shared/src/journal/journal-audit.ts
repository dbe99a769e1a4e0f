import { contains, firstVirtualWorkerOf, type NodeId, numVirtualWorkersOf, rootOf } from '../tree/node-id.ts';
import { auditExamples, type DomainAudit } from './example-audit.ts';
import type {
  CommittedEntry,
  EvaluatedEntry,
  JournalEntry,
  OpenedEntry,
  RestartedEntry,
} from './journal-entry.ts';

export interface JournalAudit {
  readonly runId: string;
  /** Steps that stand, and steps that were computed again after a restart. */
  readonly steps: number;
  readonly recomputed: number;
  readonly domains: readonly DomainAudit[];
  /** Sums over the domains. */
  readonly epochsChecked: number;
  readonly missing: number;
  readonly repeated: number;
  /** Everything else that must not be, in words; at most `MAX_PROBLEMS`, then how many more. */
  readonly problems: readonly string[];
}

/** What is kept of each step: enough to compare it with its repetition and to count its examples. */
interface KeptStep {
  readonly step: number;
  readonly examples: CommittedEntry['examples'];
  readonly phase: string;
  readonly digest: string | undefined;
}

const MAX_PROBLEMS = 20;

/**
 * Checks that a journal is the ledger of an exactly-once run: steps follow one another; each step's nodes cover the
 * virtual workers exactly once; every domain's stream is consumed without gap or overlap, and so every example of
 * every finished epoch exactly once; steps computed again after a restart name the same examples and end in the
 * same digest.
 */
export async function auditJournal(
  entries: Iterable<JournalEntry> | AsyncIterable<JournalEntry>,
): Promise<JournalAudit> {
  const ledger = new Ledger();
  for await (const entry of entries) {
    switch (entry.kind) {
      case 'opened':
        ledger.open(entry);
        break;
      case 'restarted':
        ledger.restart(entry);
        break;
      case 'committed':
        ledger.commit(entry);
        break;
      case 'evaluated':
        ledger.evaluate(entry);
        break;
    }
  }
  return ledger.close();
}

class Ledger {
  readonly #problems: string[] = [];
  readonly #steps: KeptStep[] = [];
  #numProblems = 0;
  #next = 0;
  #recomputed = 0;
  #opened: OpenedEntry | undefined;

  open(entry: OpenedEntry): void {
    if (this.#opened) this.#report('the journal has two opening lines');
    else this.#opened = entry;
  }

  /** The lines of steps from here on are void, but kept to compare with. */
  restart({ fromStep }: RestartedEntry): void {
    if (fromStep > this.#next)
      this.#report(`restarted from step ${fromStep}, but only ${this.#next} steps came before`);
    this.#next = Math.min(fromStep, this.#next);
  }

  commit(entry: CommittedEntry): void {
    const { step, examples, phase, digest } = entry;
    if (this.#opened) this.#checkCover(entry, this.#opened.virtualWorkers);
    else this.#report(`step ${step} comes before the opening line of the journal`);
    if (step !== this.#next) {
      this.#report(`step ${step} is committed where step ${this.#next} was expected`);
      if (step < this.#next) return;
    }
    const kept = { step, examples, phase, digest };
    const former = this.#steps[step];
    if (former) {
      this.#recomputed += 1;
      this.#compare(step, former, kept);
    }
    this.#steps[step] = { ...kept, digest: digest ?? former?.digest };
    this.#next = step + 1;
  }

  /** Of steps that some life of the run has committed: it may be told after a later life began before them. */
  evaluate({ step }: EvaluatedEntry): void {
    if (step > this.#steps.length)
      this.#report(`step ${step} is evaluated, but only ${this.#steps.length} steps came before`);
  }

  close(): JournalAudit {
    const { runId = '', seed = 0, domains = [] } = this.#opened ?? {};
    if (!this.#opened)
      this.#report('the journal has no opening line, which says what data sets the run reads');
    // What was void and not computed again does not count; `flat` passes over holes, where steps are missing.
    const valid = this.#steps.slice(0, this.#next).flat();
    this.#checkStreams(valid, new Set(domains.map(({ name }) => name)));
    const audits = domains.map((domain) => {
      const ranges = valid.flatMap(({ examples }) => examples[domain.name] ?? []);
      return auditExamples(domain, seed, ranges);
    });
    const sumOf = (of: (audit: DomainAudit) => number): number =>
      audits.reduce((sum, audit) => sum + of(audit), 0);
    const unsaid = this.#numProblems - this.#problems.length;
    return {
      runId,
      steps: valid.length,
      recomputed: this.#recomputed,
      domains: audits,
      epochsChecked: sumOf(({ epochsFinished }) => epochsFinished),
      missing: sumOf(({ missing }) => missing),
      repeated: sumOf(({ repeated }) => repeated),
      problems: unsaid === 0 ? this.#problems : [...this.#problems, `and ${unsaid} more findings`],
    };
  }

  #checkCover({ step, nodes }: CommittedEntry, numVirtualWorkers: number): void {
    const root = rootOf(numVirtualWorkers);
    let covered = 0;
    const isTiled = Object.keys(nodes)
      .map(nodeOf)
      .sort((a, b) => firstVirtualWorkerOf(a) - firstVirtualWorkerOf(b))
      .every((node) => {
        if (!contains(root, node) || firstVirtualWorkerOf(node) !== covered) return false;
        covered += numVirtualWorkersOf(node);
        return true;
      });
    if (!isTiled || covered !== numVirtualWorkers) {
      const names = Object.keys(nodes).join(', ') || 'none';
      this.#report(
        `step ${step}: its nodes (${names}) do not cover the ${numVirtualWorkers} virtual workers once`,
      );
    }
  }

  #compare(step: number, former: KeptStep, latter: KeptStep): void {
    if (former.phase !== latter.phase || !sameExamples(former.examples, latter.examples)) {
      this.#report(`step ${step}: computed again with other examples`);
    }
    if (former.digest !== undefined && latter.digest !== undefined && former.digest !== latter.digest) {
      this.#report(
        `step ${step}: computed again with another result: ${former.digest}, then ${latter.digest}`,
      );
    }
  }

  #checkStreams(steps: readonly KeptStep[], known: ReadonlySet<string>): void {
    const ends = new Map<string, number>();
    for (const { step, examples } of steps) {
      for (const [domain, { first, count }] of Object.entries(examples)) {
        const end = ends.get(domain) ?? 0;
        if (!known.has(domain))
          this.#report(`step ${step}: reads '${domain}', which the journal does not define`);
        if (first !== end)
          this.#report(`step ${step}: reads '${domain}' from ${first}, but ${end} is the next`);
        ends.set(domain, first + count);
      }
    }
  }

  #report(problem: string): void {
    this.#numProblems += 1;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }
}

/** Of a journal's "level:index"; one that is none covers nothing. */
function nodeOf(key: string): NodeId {
  const [level = Number.NaN, index = Number.NaN] = /^\d+:\d+$/.test(key) ? key.split(':').map(Number) : [];
  return { level, index };
}

function sameExamples(a: CommittedEntry['examples'], b: CommittedEntry['examples']): boolean {
  const domains = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...domains].every((name) => a[name]?.first === b[name]?.first && a[name]?.count === b[name]?.count);
}

import type { RunConfig } from '@atelier/shared/config/run-config';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import type { JournalWriter } from '@atelier/shared/journal/journal-writer';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { type Clock, timeOf } from '@atelier/shared/time/clock';
import type { RunIdentity } from '../identity/run-identity.ts';
import { must } from '../invariants/invariants.ts';
import { type Commit, committedEntryOf } from './commit-record.ts';

/** The ledger of one run, in its words. @throws JournalError, InvariantError from every method */
export class RunJournal {
  readonly #run: {
    readonly config: RunConfig;
    readonly definition: RunDefinition;
    readonly identity: RunIdentity;
  };
  readonly #writer: JournalWriter;
  readonly #clock: Clock;
  #nextStep = 0;

  constructor(
    run: { readonly config: RunConfig; readonly definition: RunDefinition; readonly identity: RunIdentity },
    modules: { readonly writer: JournalWriter; readonly clock: Clock },
  ) {
    this.#run = run;
    this.#writer = modules.writer;
    this.#clock = modules.clock;
  }

  /** This life of the coordinator goes on from a step; the lines of later ones are void. */
  begin(fromStep: number): void {
    const isNew = this.#writer.isEmpty;
    if (isNew) {
      const { config, definition, identity } = this.#run;
      const { seed, virtualWorkers } = config;
      const domains = definition.domains.map((domain) => ({ ...domain }));
      const { runId } = identity;
      const time = timeOf(this.#clock);
      this.#writer.append({ kind: 'opened', time, runId, seed, virtualWorkers, domains });
    }
    this.#restarted(fromStep, isNew ? 'start' : 'resume');
  }

  rolledBack(toStep: number): void {
    this.#restarted(toStep, 'rollback');
  }

  committed(step: Omit<Commit, 'time'>): CommittedEntry {
    const { step: number } = step;
    must(
      'journalFollowsTheState',
      number === this.#nextStep,
      () => `step ${number} came at ${this.#nextStep}`,
    );
    const commit = { time: timeOf(this.#clock), ...step };
    const entry = committedEntryOf(commit, this.#run.definition, this.#run.config);
    this.#writer.append(entry);
    this.#nextStep += 1;
    return entry;
  }

  #restarted(fromStep: number, reason: 'start' | 'resume' | 'rollback'): void {
    const { incarnation } = this.#run.identity;
    this.#nextStep = fromStep;
    this.#writer.append({ kind: 'restarted', time: timeOf(this.#clock), incarnation, fromStep, reason });
  }
}

import type { RunConfig } from '@atelier/shared/config/run-config';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import type { JournalWriter } from '@atelier/shared/journal/journal-writer';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { RunIdentity } from '../identity/run-identity.ts';
import { type Commit, committedEntryOf } from './commit-record.ts';

/** The ledger of one run, in its words. @throws JournalError from every method */
export class RunJournal {
  readonly #run: {
    readonly config: RunConfig;
    readonly definition: RunDefinition;
    readonly identity: RunIdentity;
  };
  readonly #writer: JournalWriter;

  constructor(
    run: { readonly config: RunConfig; readonly definition: RunDefinition; readonly identity: RunIdentity },
    modules: { readonly writer: JournalWriter },
  ) {
    this.#run = run;
    this.#writer = modules.writer;
  }

  /** This life of the coordinator goes on from a step; the lines of later ones are void. */
  begin(fromStep: number): void {
    const isNew = this.#writer.isEmpty;
    if (isNew) {
      const { config, definition, identity } = this.#run;
      const { seed, virtualWorkers } = config;
      const domains = definition.domains.map((domain) => ({ ...domain }));
      const { runId } = identity;
      this.#writer.append({ kind: 'opened', time: timeNow(), runId, seed, virtualWorkers, domains });
    }
    this.#restarted(fromStep, isNew ? 'start' : 'resume');
  }

  rolledBack(toStep: number): void {
    this.#restarted(toStep, 'rollback');
  }

  committed(commit: Commit): CommittedEntry {
    const entry = committedEntryOf(commit, this.#run.definition, this.#run.config);
    this.#writer.append(entry);
    return entry;
  }

  #restarted(fromStep: number, reason: 'start' | 'resume' | 'rollback'): void {
    const { incarnation } = this.#run.identity;
    this.#writer.append({ kind: 'restarted', time: timeNow(), incarnation, fromStep, reason });
  }
}

function timeNow(): string {
  return new Date().toISOString();
}

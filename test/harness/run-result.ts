import { join } from 'node:path';
import {
  listCheckpoints,
  loadNewestGood,
  verifyCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import { LocalStore } from '@atelier/shared/checkpoint/local-store';
import { auditJournal } from '@atelier/shared/journal/journal-audit';
import { readJournal } from '@atelier/shared/journal/journal-reader';

/** What a run came to, whoever computed it. Two undisturbed runs of one config are equal in all of it. */
export interface RunResult {
  /** SHA-256 of all parameters. */
  readonly digest: string;
  readonly step: number;
  readonly epochs: number;
  readonly missing: number;
  readonly repeated: number;
  readonly problems: readonly string[];
}

/**
 * Reads the result from the run's folder, and every byte of every checkpoint.
 * @throws CheckpointError for a damaged checkpoint, Error where there is none
 */
export async function resultOf(folder: string): Promise<RunResult> {
  const store = new LocalStore(folder);
  const { checkpoint } = await loadNewestGood(store);
  if (checkpoint === undefined) throw new Error(`${folder} holds no good checkpoint`);
  for (const { step, hasManifest } of await listCheckpoints(store)) {
    // Without one it is no checkpoint: a coordinator was killed while it wrote or deleted it.
    if (hasManifest) await verifyCheckpoint(store, step);
  }
  const audit = await auditJournal(readJournal(join(folder, 'journal.jsonl')));
  const { parametersDigest: digest, step } = checkpoint.manifest;
  const { epochsChecked: epochs, missing, repeated, problems } = audit;
  return { digest, step, epochs, missing, repeated, problems };
}

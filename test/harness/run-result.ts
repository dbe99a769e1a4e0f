import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  listCheckpoints,
  loadNewestGood,
  verifyCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import { openRunStores } from '@atelier/shared/checkpoint/run-stores';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import { auditJournal } from '@atelier/shared/journal/journal-audit';
import { readJournal } from '@atelier/shared/journal/journal-reader';
import type { ObjectStore } from '@atelier/shared/store/object-store';

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

/** Where the checkpoints of the run in a folder are: its main store first. */
export function storesOf(folder: string): ObjectStore[] {
  const config = runConfigSchema.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
  const { main, fallback } = openRunStores(config, folder);
  return fallback === undefined ? [main] : [main, fallback];
}

/**
 * Reads the result from the run's folder, and every byte of every checkpoint.
 * @throws CheckpointError for a damaged checkpoint, Error where there is none
 */
export async function resultOf(folder: string): Promise<RunResult> {
  const stores = storesOf(folder);
  const { checkpoint } = await loadNewestGood(stores);
  if (checkpoint === undefined) throw new Error(`${folder} holds no good checkpoint`);
  for (const store of stores) {
    for (const { step, hasManifest } of await listCheckpoints(store)) {
      // Without one it is no checkpoint: a coordinator was killed while it wrote or deleted it.
      if (hasManifest) await verifyCheckpoint(store, step);
    }
  }
  const audit = await auditJournal(readJournal(join(folder, 'journal.jsonl')));
  const { parametersDigest: digest, step } = checkpoint.manifest;
  const { epochsChecked: epochs, missing, repeated, problems } = audit;
  return { digest, step, epochs, missing, repeated, problems };
}

import type { Disk } from '@atelier/shared/disk/disk';
import { type EngineFingerprint, engineFingerprintSchema } from '@atelier/shared/engine-fingerprint';
import { type RunDefinition, runDefinitionSchema } from '@atelier/shared/layout/run-definition';
import { z } from 'zod';
import { RunFolderError } from './run-folder-error.ts';

/** What a run is, beyond its config. Fingerprint and definition are known once the first worker has joined. */
export interface RunRecord {
  readonly runId: string;
  readonly createdAt: string;
  readonly fingerprint?: EngineFingerprint | undefined;
  readonly definition?: RunDefinition | undefined;
}

const runRecordSchema: z.ZodType<RunRecord> = z.strictObject({
  runId: z.string().min(1),
  createdAt: z.string(),
  fingerprint: engineFingerprintSchema.optional(),
  definition: runDefinitionSchema.optional(),
});

/** @throws RunFolderError 'damaged' */
export async function readRunRecord(path: string, disk: Disk): Promise<RunRecord> {
  try {
    return runRecordSchema.parse(JSON.parse((await disk.readFile(path)).toString('utf8')));
  } catch (error) {
    throw new RunFolderError(
      'damaged',
      `${path}, the record of the run, cannot be read: restore this file from a backup, or start a new run in another folder`,
      { cause: error },
    );
  }
}

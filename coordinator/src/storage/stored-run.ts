import { CheckpointError } from '@atelier/shared/checkpoint/checkpoint-error';
import { listCheckpoints, readManifest } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { CheckpointManifest } from '@atelier/shared/checkpoint/manifest';
import { type ObjectStore, ObjectStoreError } from '@atelier/shared/store/object-store';
import { z } from 'zod';

/** What a store tells of the run that it keeps: enough to go on with it where nothing else is known. */
export interface StoredRun {
  /** Of the store. */
  readonly location: string;
  readonly runId: string;
  readonly createdAt: string;
  /** Of the newest checkpoint; undefined before the first. */
  readonly manifest: CheckpointManifest | undefined;
}

const RECORD = 'run.json';
const recordSchema = z.strictObject({ runId: z.string().min(1), createdAt: z.string() });

/** @throws ObjectStoreError */
export async function readStoredRun(store: ObjectStore, signal: AbortSignal): Promise<StoredRun | undefined> {
  const record = await readRecord(store, signal);
  const manifest = await newestManifest(store, signal);
  if (record === undefined && manifest === undefined) return undefined;
  const runId = manifest?.runId ?? record?.runId ?? '';
  const createdAt = record?.createdAt ?? manifest?.createdAt ?? '';
  return { location: store.location, runId, createdAt, manifest };
}

/**
 * Writes whose place it is, so that no other run takes it. It also shows, before anything was trained, that the store can
 * be written.
 * @throws ObjectStoreError
 */
export async function claimStore(
  store: ObjectStore,
  { runId, createdAt }: { readonly runId: string; readonly createdAt: string },
  signal: AbortSignal,
): Promise<void> {
  await store.put(RECORD, Buffer.from(`${JSON.stringify({ runId, createdAt }, null, 2)}\n`), signal);
}

async function readRecord(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<z.output<typeof recordSchema> | undefined> {
  try {
    const text = Buffer.from(await store.get(RECORD, signal)).toString('utf8');
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    // The manifests say it, too.
    if (!(error instanceof ObjectStoreError) || /^(not-found|damaged)$/.test(error.code)) return undefined;
    throw error;
  }
}

async function newestManifest(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<CheckpointManifest | undefined> {
  for (const { step, hasManifest } of await listCheckpoints(store, signal)) {
    if (!hasManifest) continue;
    try {
      return await readManifest(store, step, signal);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
  }
  return undefined;
}

import type { RunConfig } from '../config/run-config.ts';
import type { EngineFingerprint } from '../engine-fingerprint.ts';
import type { RunSnapshot } from '../layout/group-state.ts';
import { layoutHashOf, type RunDefinition } from '../layout/run-definition.ts';
import { iterationOf } from '../order/schedule.ts';
import { sha256Of } from '../sha256.ts';
import { type ObjectStore, ObjectStoreError } from '../store/object-store.ts';
import { checkpointKeyOf, groupFileOf, MANIFEST } from './checkpoint-key.ts';
import { groupTensorsOf } from './group-tensors.ts';
import { type CheckpointFile, type CheckpointManifest, decodeManifest, encodeManifest } from './manifest.ts';
import { parametersDigestOf } from './parameters-digest.ts';
import { encodeSafetensors } from './safetensors.ts';

/** What a checkpoint says besides the tensors. */
export interface CheckpointMeta {
  readonly runId: string;
  readonly config: RunConfig;
  readonly definition: RunDefinition;
  readonly fingerprint: EngineFingerprint;
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface WrittenCheckpoint {
  readonly key: string;
  readonly manifest: CheckpointManifest;
  readonly sizeBytes: number;
}

/**
 * One file per group, then the manifest, which makes the checkpoint exist.
 * @throws ObjectStoreError; what was written by then is no checkpoint
 */
export async function writeCheckpoint(
  store: ObjectStore,
  snapshot: RunSnapshot,
  meta: CheckpointMeta,
  signal?: AbortSignal,
): Promise<WrittenCheckpoint> {
  const { definition } = meta;
  const key = checkpointKeyOf(snapshot.step);
  const files: CheckpointFile[] = [];
  const versions: Record<string, number> = {};
  const encoded: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  for (const group of definition.groups) {
    const state = snapshot.groups[group.name];
    if (state === undefined) throw new Error(`the snapshot lacks group '${group.name}'`);
    const bytes = encodeSafetensors(groupTensorsOf(group, state));
    const name = groupFileOf(group.name);
    const sha256 = sha256Of(bytes);
    files.push({ name, group: group.name, sizeBytes: bytes.byteLength, sha256 });
    versions[group.name] = state.version;
    encoded.push({ name, bytes });
  }
  await forgetOther(store, key, files, signal);
  for (const { name, bytes } of encoded) await store.put(`${key}${name}`, bytes, signal);
  const manifest: CheckpointManifest = {
    version: 1,
    runId: meta.runId,
    createdAt: meta.createdAt,
    step: snapshot.step,
    iteration: iterationOf(snapshot.step, definition.phases.length),
    config: meta.config,
    definition,
    layoutHash: layoutHashOf(definition),
    fingerprint: meta.fingerprint,
    versions,
    parametersDigest: parametersDigestOf(definition, snapshot),
    files,
  };
  const bytes = encodeManifest(manifest);
  await store.put(`${key}${MANIFEST}`, bytes, signal);
  return { key, manifest, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, bytes.byteLength) };
}

/**
 * A checkpoint of the step that stands there already with the same bytes stays valid while it is written again. One
 * with other bytes (the run is relaxed, or it was damaged) must not be half of each: its manifest goes first.
 */
async function forgetOther(
  store: ObjectStore,
  key: string,
  files: readonly CheckpointFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const manifestKey = `${key}${MANIFEST}`;
  try {
    const { files: present } = decodeManifest(await store.get(manifestKey, signal), manifestKey);
    if (JSON.stringify(present) === JSON.stringify(files)) return;
  } catch (error) {
    if (error instanceof ObjectStoreError && error.code === 'not-found') return;
    if (error instanceof ObjectStoreError) throw error;
  }
  await store.remove(manifestKey, signal);
}

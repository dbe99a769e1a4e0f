import type { GroupState, RunSnapshot } from '../layout/group-state.ts';
import { sha256Of } from '../sha256.ts';
import { type ObjectStore, ObjectStoreError } from '../store/object-store.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { CHECKPOINT_PREFIX, checkpointKeyOf, MANIFEST, stepOfKey } from './checkpoint-key.ts';
import { groupStateOf } from './group-tensors.ts';
import { type CheckpointFile, type CheckpointManifest, decodeManifest } from './manifest.ts';
import { parametersDigestOf } from './parameters-digest.ts';
import { decodeSafetensors, SafetensorsError } from './safetensors.ts';

export interface ListedCheckpoint {
  readonly step: number;
  readonly key: string;
  /** False: its writing never ended. It is no checkpoint, only bytes. */
  readonly hasManifest: boolean;
}

export interface LoadedCheckpoint {
  /** Of its store. */
  readonly location: string;
  readonly key: string;
  readonly manifest: CheckpointManifest;
  readonly snapshot: RunSnapshot;
}

export interface DamagedCheckpoint {
  /** Of its store. */
  readonly location: string;
  readonly step: number;
  readonly key: string;
  readonly reason: string;
}

/** What stands in the store, newest first; nothing is verified. @throws ObjectStoreError */
export async function listCheckpoints(store: ObjectStore, signal?: AbortSignal): Promise<ListedCheckpoint[]> {
  const bySteps = new Map<number, ListedCheckpoint>();
  for (const objectKey of await store.list(CHECKPOINT_PREFIX, signal)) {
    const step = stepOfKey(objectKey);
    if (step === undefined) continue;
    const key = checkpointKeyOf(step);
    const hasManifest = objectKey === `${key}${MANIFEST}` || (bySteps.get(step)?.hasManifest ?? false);
    bySteps.set(step, { step, key, hasManifest });
  }
  return [...bySteps.values()].sort((a, b) => b.step - a.step);
}

/** The manifest alone, checked in itself. @throws CheckpointError, ObjectStoreError 'unavailable' */
export async function readManifest(
  store: ObjectStore,
  step: number,
  signal?: AbortSignal,
): Promise<CheckpointManifest> {
  const key = `${checkpointKeyOf(step)}${MANIFEST}`;
  const bytes = await getOr(
    store,
    key,
    signal,
    () => new CheckpointError('no-manifest', `${key} is missing`),
  );
  const manifest = decodeManifest(bytes, key);
  if (manifest.step !== step) throw new CheckpointError('bad-manifest', `${key} is of step ${manifest.step}`);
  return manifest;
}

/**
 * Every byte checked against the manifest, every tensor against the layout.
 * @throws CheckpointError when the checkpoint is not to be used, ObjectStoreError 'unavailable'
 */
export async function readCheckpoint(
  store: ObjectStore,
  step: number,
  signal?: AbortSignal,
): Promise<LoadedCheckpoint> {
  const key = checkpointKeyOf(step);
  const manifest = await readManifest(store, step, signal);
  const groups: Record<string, GroupState> = {};
  for (const definition of manifest.definition.groups) {
    const file = manifest.files.find(({ group }) => group === definition.name);
    if (file === undefined)
      throw new CheckpointError('bad-manifest', `${key}${MANIFEST} lacks group '${definition.name}'`);
    const bytes = await readFile(store, key, file, signal);
    const version = manifest.versions[definition.name] ?? 0;
    try {
      groups[definition.name] = groupStateOf(definition, version, decodeSafetensors(bytes));
    } catch (cause) {
      if (!(cause instanceof SafetensorsError || cause instanceof CheckpointError)) throw cause;
      throw new CheckpointError('bad-tensors', `${key}${file.name}: ${cause.message}`, { cause });
    }
  }
  const snapshot: RunSnapshot = { step, groups };
  if (parametersDigestOf(manifest.definition, snapshot) !== manifest.parametersDigest) {
    throw new CheckpointError('bad-manifest', `${key}${MANIFEST} names another digest of the parameters`);
  }
  return { location: store.location, key, manifest, snapshot };
}

/** Reads all of it and keeps nothing. @throws as readCheckpoint */
export async function verifyCheckpoint(
  store: ObjectStore,
  step: number,
  signal?: AbortSignal,
): Promise<CheckpointManifest> {
  const { manifest } = await readCheckpoint(store, step, signal);
  return manifest;
}

/**
 * The newest checkpoint that verifies, and why each newer one does not. Of several stores all are looked into; where two
 * hold the same step, the first has it. A store that cannot be reached is no damage: going on from an older state for it
 * would lose work.
 * @throws ObjectStoreError 'unavailable' | 'denied' | 'no-bucket'
 */
export async function loadNewestGood(
  stores: ObjectStore | readonly ObjectStore[],
  signal?: AbortSignal,
): Promise<{
  readonly checkpoint: LoadedCheckpoint | undefined;
  readonly damaged: readonly DamagedCheckpoint[];
}> {
  const candidates: { readonly store: ObjectStore; readonly step: number; readonly key: string }[] = [];
  for (const store of [stores].flat()) {
    for (const { step, key } of await listCheckpoints(store, signal)) candidates.push({ store, step, key });
  }
  candidates.sort((a, b) => b.step - a.step);
  const damaged: DamagedCheckpoint[] = [];
  for (const { store, step, key } of candidates) {
    try {
      return { checkpoint: await readCheckpoint(store, step, signal), damaged };
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      damaged.push({ location: store.location, step, key, reason: error.message });
    }
  }
  return { checkpoint: undefined, damaged };
}

async function readFile(
  store: ObjectStore,
  key: string,
  { name, sizeBytes, sha256 }: CheckpointFile,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const where = `${key}${name}`;
  const missing = (): CheckpointError => new CheckpointError('missing-file', `${where} is missing`);
  const bytes = await getOr(store, where, signal, missing);
  if (bytes.byteLength !== sizeBytes) {
    throw new CheckpointError(
      'wrong-size',
      `${where} has ${bytes.byteLength} bytes, its manifest says ${sizeBytes}`,
    );
  }
  const found = sha256Of(bytes);
  if (found !== sha256) {
    throw new CheckpointError('wrong-hash', `${where} has the SHA-256 ${found}, its manifest says ${sha256}`);
  }
  return bytes;
}

async function getOr(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
  missing: () => CheckpointError,
): Promise<Uint8Array> {
  try {
    return await store.get(key, signal);
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    // A name that no store would take can only come from a manifest that lies.
    if (error.code === 'bad-key') throw new CheckpointError('bad-manifest', error.message, { cause: error });
    if (error.code === 'not-found') throw missing();
    if (error.code === 'damaged') throw new CheckpointError('unreadable', error.message, { cause: error });
    throw error;
  }
}

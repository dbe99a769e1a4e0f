import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointKeyOf } from '@atelier/shared/checkpoint/checkpoint-key';
import { loadNewestGood, readCheckpoint } from '@atelier/shared/checkpoint/checkpoint-reader';
import { writeCheckpoint } from '@atelier/shared/checkpoint/checkpoint-writer';
import type { GroupState, RunSnapshot } from '@atelier/shared/layout/group-state';
import { LocalStore } from '@atelier/shared/store/local-store';
import { newFolder } from './toy-coordinator.ts';
import { toyConfig, toyDefinition, toyFingerprint } from './toy-run.ts';

/** An IDX file: magic number, dimensions, values. */
export function idxBytes(dimensions: readonly number[], values: Uint8Array, type = 0x08): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = type;
  header[3] = dimensions.length;
  for (const [i, dimension] of dimensions.entries()) header.writeUInt32BE(dimension, 4 + 4 * i);
  return Buffer.concat([header, values]);
}

/** One record of CIFAR-10: the label and a black picture. */
export function cifarBytes(label: number): Buffer {
  return Buffer.concat([Buffer.of(label), Buffer.alloc(3072)]);
}

/** A file of these bytes in a new folder. */
export async function fileOf(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(newFolder(), name);
  await writeFile(path, bytes);
  return path;
}

/** Flips the lowest bit of a byte; negative positions count from the end. */
export async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Changes fields of a JSON file. */
export async function changeJson(path: string, changes: object): Promise<void> {
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...changes }));
}

/**
 * Reads the newer of two checkpoints of the toy run after `damage` was done to its folder.
 * @throws what reading it throws; Error when the older one is not fallen back to
 */
export async function readDamaged(damage: (fileAt: (name: string) => string) => Promise<unknown>) {
  const folder = newFolder();
  const store = new LocalStore(folder);
  const config = toyConfig();
  const meta = { runId: 'toy', config, definition: toyDefinition, fingerprint: toyFingerprint };
  for (const step of [2, 4]) {
    await writeCheckpoint(store, snapshotOf(step), { ...meta, createdAt: '2026-01-01T00:00:00.000Z' });
  }
  await damage((name) => join(folder, checkpointKeyOf(4), name));
  const { checkpoint } = await loadNewestGood(store);
  if (checkpoint?.snapshot.step !== 2) throw new Error('the older checkpoint was not fallen back to');
  return readCheckpoint(store, 4);
}

function snapshotOf(step: number): RunSnapshot {
  const stateOf = (numParameters: number, numStatistics: number): GroupState => ({
    version: step / 2,
    parameters: new Float32Array(numParameters).fill(step),
    slots: {},
    ema: undefined,
    statistics: new Float32Array(numStatistics),
  });
  return { step, groups: { generator: stateOf(6, 2), critic: stateOf(3, 0) } };
}

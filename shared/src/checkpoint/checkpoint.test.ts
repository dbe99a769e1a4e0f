import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema } from '../config/run-config.ts';
import type { RunSnapshot } from '../layout/group-state.ts';
import type { RunDefinition } from '../layout/run-definition.ts';
import { normal } from '../random/keyed-random.ts';
import { LocalStore } from '../store/local-store.ts';
import { ObjectStoreError } from '../store/object-store.ts';
import { listCheckpoints, loadNewestGood, readCheckpoint, verifyCheckpoint } from './checkpoint-reader.ts';
import { type CheckpointMeta, writeCheckpoint } from './checkpoint-writer.ts';
import { parametersDigestOf } from './parameters-digest.ts';

const DEFINITION: RunDefinition = {
  model: 'small',
  groups: [
    {
      name: 'generator',
      tensors: [
        { name: 'block/kernel', shape: [3, 2] },
        { name: 'bias', shape: [] },
      ],
      statistics: [],
    },
    {
      name: 'discriminator',
      tensors: [{ name: 'kernel', shape: [7] }],
      statistics: [{ name: 'mean', shape: [2] }],
    },
  ],
  phases: [
    { name: 'discriminate', group: 'discriminator', reads: [], losses: ['loss'] },
    { name: 'generate', group: 'generator', reads: [], losses: ['loss'] },
  ],
  domains: [],
};

const META: CheckpointMeta = {
  runId: 'run-1',
  config: runConfigSchema.parse({ iterations: 9, model: { preset: 'small' }, optimizers: {} }),
  definition: DEFINITION,
  fingerprint: {
    ...{ tensorflow: '2.18.1', tfjs: '4.22.0', v8: '11', device: 'cpu: some', intraOpThreads: 1 },
    ...{ oneDnn: true, deterministic: true, compile: true, ops: 'tensorflow' },
  },
  createdAt: '2026-01-01T00:00:00.000Z',
};

function snapshotOf(step: number): RunSnapshot {
  const values = (name: number, length: number): Float32Array => normal([step, name], length);
  return {
    step,
    groups: {
      generator: {
        version: Math.floor(step / 2),
        parameters: values(1, 7),
        slots: { m: values(2, 7), v: values(3, 7) },
        ema: values(4, 7),
        statistics: new Float32Array(),
        published: values(7, 7),
      },
      discriminator: {
        version: Math.ceil(step / 2),
        parameters: values(5, 7),
        slots: {},
        ema: undefined,
        statistics: values(6, 2),
      },
    },
  };
}

let folder = '';
let store = new LocalStore('.');
const pathOf = (step: number, name: string): string =>
  join(folder, 'checkpoints', `step-00000000${step}`, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  store = new LocalStore(folder);
  for (const step of [2, 4, 6]) await writeCheckpoint(store, snapshotOf(step), META);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function changeManifest(change: (manifest: Record<string, unknown>) => void): Promise<void> {
  const manifest = JSON.parse(await readFile(pathOf(6, 'manifest.json'), 'utf8'));
  change(manifest);
  await writeFile(pathOf(6, 'manifest.json'), JSON.stringify(manifest));
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('checkpoints', () => {
  it('give back the snapshot to the bit, with all that belongs to it', async () => {
    const { checkpoint, damaged } = await loadNewestGood(store);
    expect(damaged).toEqual([]);
    expect(checkpoint?.snapshot).toEqual(snapshotOf(6));
    expect(checkpoint?.manifest).toMatchObject({
      step: 6,
      iteration: 3,
      config: META.config,
      definition: DEFINITION,
    });
  });

  it('have the digest of the snapshot they were made from', async () => {
    const { snapshot, manifest } = await readCheckpoint(store, 4);
    const digest = parametersDigestOf(DEFINITION, snapshotOf(4));
    expect(parametersDigestOf(manifest.definition, snapshot)).toBe(digest);
    expect(manifest.parametersDigest).toBe(digest);
    expect(parametersDigestOf(DEFINITION, snapshotOf(6))).not.toBe(digest);
  });

  it('are listed newest first, with the unfinished ones marked', async () => {
    await rm(pathOf(4, 'manifest.json'));
    expect(await listCheckpoints(store)).toEqual([
      { step: 6, key: 'checkpoints/step-000000006/', hasManifest: true },
      { step: 4, key: 'checkpoints/step-000000004/', hasManifest: false },
      { step: 2, key: 'checkpoints/step-000000002/', hasManifest: true },
    ]);
  });

  it.each<{ damage: string; code: string; act: () => Promise<void> }>([
    {
      damage: 'a flipped byte',
      code: 'wrong-hash',
      act: () => flipByte(pathOf(6, 'generator.safetensors'), 700),
    },
    {
      damage: 'a flipped header byte',
      code: 'wrong-hash',
      act: () => flipByte(pathOf(6, 'generator.safetensors'), 3),
    },
    {
      damage: 'a truncated file',
      code: 'wrong-size',
      act: () => truncate(pathOf(6, 'discriminator.safetensors'), 50),
    },
    { damage: 'a missing file', code: 'missing-file', act: () => rm(pathOf(6, 'generator.safetensors')) },
    { damage: 'a missing manifest', code: 'no-manifest', act: () => rm(pathOf(6, 'manifest.json')) },
    {
      damage: 'a truncated manifest',
      code: 'bad-manifest',
      act: () => truncate(pathOf(6, 'manifest.json'), 500),
    },
    { damage: 'an empty manifest', code: 'bad-manifest', act: () => truncate(pathOf(6, 'manifest.json'), 0) },
    {
      damage: 'a manifest of another step',
      code: 'bad-manifest',
      act: async () => writeFile(pathOf(6, 'manifest.json'), await readFile(pathOf(4, 'manifest.json'))),
    },
    {
      damage: 'a manifest with another layout',
      code: 'bad-manifest',
      act: () => changeManifest((manifest) => Object.assign(manifest, { layoutHash: '0'.repeat(64) })),
    },
    {
      damage: 'a manifest with another digest',
      code: 'bad-manifest',
      act: () => changeManifest((manifest) => Object.assign(manifest, { parametersDigest: '0'.repeat(64) })),
    },
    {
      damage: 'a manifest that names a file outside',
      code: 'bad-manifest',
      act: () =>
        changeManifest((manifest) => {
          const files = manifest['files'] as { name: string }[];
          for (const file of files) file.name = '../../../secret';
        }),
    },
    {
      damage: 'a manifest that exchanges two groups',
      code: 'bad-tensors',
      act: () =>
        changeManifest((manifest) => {
          const files = manifest['files'] as { group: string }[];
          for (const file of files) file.group = file.group === 'generator' ? 'discriminator' : 'generator';
        }),
    },
  ])('fall back to the newest good one after $damage, and say why', async ({ code, act }) => {
    await act();
    await expect(verifyCheckpoint(store, 6)).rejects.toMatchObject({ code });
    const { checkpoint, damaged } = await loadNewestGood(store);
    expect(checkpoint?.snapshot).toEqual(snapshotOf(4));
    expect(damaged).toMatchObject([
      { step: 6, key: 'checkpoints/step-000000006/', reason: expect.stringContaining('step-000000006/') },
    ]);
  });

  it('are none when all are damaged, each reported', async () => {
    for (const step of [2, 4, 6]) await flipByte(pathOf(step, 'generator.safetensors'), 600);
    const { checkpoint, damaged } = await loadNewestGood(store);
    expect(checkpoint).toBeUndefined();
    expect(damaged.map(({ step }) => step)).toEqual([6, 4, 2]);
  });

  it('are not taken for damaged when the store cannot be reached', async () => {
    const unreachable = Object.assign(Object.create(store), {
      get: () => Promise.reject(new ObjectStoreError('unavailable', 'no route')),
      list: (prefix: string) => store.list(prefix),
    });
    await expect(loadNewestGood(unreachable)).rejects.toThrow('no route');
  });

  it('stay valid while the same state is written again, and vanish first when another is', async () => {
    const keys: string[] = [];
    const killedAt = async (snapshot: RunSnapshot, numPuts: number): Promise<void> => {
      const limited = Object.assign(new LocalStore(folder), {
        put: (key: string, bytes: Uint8Array) => {
          keys.push(key);
          return keys.length > numPuts
            ? Promise.reject(new ObjectStoreError('unavailable', 'killed'))
            : store.put(key, bytes);
        },
      });
      keys.length = 0;
      await expect(writeCheckpoint(limited, snapshot, META)).rejects.toThrow('killed');
    };
    for (const numPuts of [0, 1, 2]) {
      await killedAt(snapshotOf(6), numPuts);
      expect((await loadNewestGood(store)).checkpoint?.snapshot).toEqual(snapshotOf(6));
    }
    expect(keys.at(-1)).toBe('checkpoints/step-000000006/manifest.json');
    await killedAt({ ...snapshotOf(5), step: 6 }, 1);
    expect((await loadNewestGood(store)).checkpoint?.snapshot).toEqual(snapshotOf(4));
  });
});

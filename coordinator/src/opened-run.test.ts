import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerMessage } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import { MANIFEST } from '@atelier/shared/checkpoint/checkpoint-key';
import { writeCheckpoint } from '@atelier/shared/checkpoint/checkpoint-writer';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { LocalStore } from '@atelier/shared/store/local-store';
import { ObjectStoreError } from '@atelier/shared/store/object-store';
import type { Clock } from '@atelier/shared/time/clock';
import { systemClock } from '@atelier/shared/time/system-clock';
import { pino } from 'pino';
import { afterAll, afterEach, expect, it } from 'vitest';
import { Closing } from './closing.ts';
import { type Machine, type OpenedRun, openRun, type RunSettings } from './opened-run.ts';
import { initialStateOf } from './training/initial-state.ts';

const root = mkdtempSync(join(tmpdir(), 'atelier-opened-run-'));
afterAll(() => rmSync(root, { recursive: true }));

const log = pino({ level: 'silent' });
const closing = new Closing({ log });
afterEach(() => closing.closeAll());

const DEFINITION: RunDefinition = {
  model: 'one',
  groups: [{ name: 'one', tensors: [{ name: 'kernel', shape: [3] }], statistics: [] }],
  phases: [{ name: 'one', group: 'one', reads: [], losses: ['loss'] }],
  domains: [],
};
const config = runConfigSchema.parse({
  iterations: 9,
  model: { preset: 'one' },
  optimizers: { one: { kind: 'adam', learningRate: 0.01 } },
});
const FINGERPRINT = {
  tensorflow: '2',
  tfjs: '4',
  v8: '11',
  device: 'cpu',
  intraOpThreads: 1,
  oneDnn: true,
  deterministic: true,
  compile: true,
  ops: 'tensorflow',
} as const;

/** What the model begins with. */
const INITIAL = new Uint8Array(initialLayoutOf(DEFINITION).size * 4);

/** Opens a run of a model of three numbers whose checkpoints are in a store apart. */
async function open(
  store: LocalStore,
  settings: Partial<RunSettings> = {},
  machine: Partial<Machine> = {},
): Promise<OpenedRun> {
  const folder = mkdtempSync(join(root, 'run-'));
  const fallback = new LocalStore(folder);
  return openRun(
    { config, folder, resume: true, ...settings },
    {
      ...{ clock: systemClock, disk: systemDisk, newId: randomUUID, log, closing },
      openStores: () => ({ main: store, fallback }),
      ...machine,
    },
  );
}

/** A store in which reading a state takes longer than a store that is away is waited for. */
class SlowStore extends LocalStore {
  readonly patience = new AbortController();

  override async get(key: string, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await super.get(key, signal);
    if (key.startsWith('checkpoints/') && !key.endsWith(MANIFEST)) this.patience.abort();
    if (signal?.aborted) throw new ObjectStoreError('unavailable', `gave up to read ${key}`);
    return bytes;
  }
}

it('goes on from a checkpoint that takes longer to read than a store that is away is waited for', async () => {
  const store = new SlowStore(mkdtempSync(join(root, 'store-')));
  const meta = { runId: 'run', config, definition: DEFINITION, fingerprint: FINGERPRINT, createdAt: '' };
  await writeCheckpoint(store, initialStateOf(DEFINITION, config, INITIAL), meta);

  const clock: Clock = { ...systemClock, timeoutSignal: () => store.patience.signal };
  const { run } = await open(store, {}, { clock });
  await run.begin();
  expect(run.checkpointStep).toBe(0);
});

/** A store that takes no checkpoints. */
class FullStore extends LocalStore {
  override async put(key: string, bytes: Uint8Array): Promise<void> {
    if (key.startsWith('checkpoints/')) throw new ObjectStoreError('unavailable', 'the store is full');
    await super.put(key, bytes);
  }
}

it('ends although a reducer does not give its part of the last state', async () => {
  const store = new FullStore(mkdtempSync(join(root, 'store-')));
  const { run } = await open(store, { config: { ...config, reducers: 2 }, finalSaveMs: 1 });
  await run.begin();
  await run.enroll({ fingerprint: FINGERPRINT, definition: DEFINITION });
  const silent = new Promise<never>(() => {});
  for (const id of ['first', 'second']) {
    run.reducers?.add({
      ...{ id, name: id, address: 'here:1', memoryId: '' },
      ...{ load: async () => {}, abandon: async () => {}, commit: async () => {} },
      ...{ prepare: () => silent, snapshot: () => silent },
      ...{ release: () => {}, stop: () => {}, close: () => {} },
    });
  }
  run.initialize(INITIAL);
  await new Promise<void>((resolve) => run.whenWhole(resolve));
  expect(await run.stop({ checkpoint: true, reconnect: false })).toEqual({ kind: 'stopped', step: 0 });
});

it('refuses nothing of a worker that was let go while it was on its way in', async () => {
  const { run, reception } = await open(new LocalStore(mkdtempSync(join(root, 'store-'))));
  await run.begin();
  const link = { send: () => {}, end: () => {} };
  const hello = { workerId: 'worker', name: 'worker', protocolVersion: PROTOCOL_VERSION };
  const session = reception.greet({ body: 'hello', hello } as WorkerMessage, link);
  await run.stop({ checkpoint: true, reconnect: false });

  // It was sent before the worker knew.
  const ready = {
    fingerprintJson: JSON.stringify(FINGERPRINT),
    definitionJson: JSON.stringify(DEFINITION),
    device: 'cpu',
  };
  await reception.take(session, { body: 'ready', ready } as WorkerMessage);
  expect(run.refusals.counts.size).toBe(0);
});

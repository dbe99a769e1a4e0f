import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCheckpoints } from '@atelier/shared/checkpoint/checkpoint-reader';
import { smallCheckpointMeta } from '@atelier/shared/checkpoint/testing/small-checkpoint';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import { LocalStore } from '@atelier/shared/store/local-store';
import { type ObjectStore, ObjectStoreError } from '@atelier/shared/store/object-store';
import { systemClock } from '@atelier/shared/time/system-clock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkpointer } from './checkpointer.ts';

const META = smallCheckpointMeta({}, 2);

function snapshotOf(step: number): RunSnapshot {
  const empty = { slots: {}, ema: undefined, statistics: new Float32Array() };
  return { step, groups: { generator: { version: step, parameters: Float32Array.of(step, 1), ...empty } } };
}

/** A real store, whose next writes can be held up or made to fail. */
class SlowStore implements ObjectStore {
  readonly location: string;
  readonly #store: LocalStore;
  #gate: Promise<void> = Promise.resolve();
  isReachable = true;

  constructor(folder: string) {
    this.#store = new LocalStore(folder);
    this.location = this.#store.location;
  }

  /** Holds every write until the returned function is called. */
  hold(): () => void {
    let release = (): void => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#gate;
    if (!this.isReachable) throw new ObjectStoreError('unavailable', 'the network is gone');
    return this.#store.put(key, bytes);
  }
  getRange(key: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#store.getRange(key, offset, length);
  }
  get(key: string): Promise<Uint8Array> {
    return this.#store.get(key);
  }
  list(prefix: string): Promise<string[]> {
    return this.#store.list(prefix);
  }
  remove(key: string): Promise<void> {
    return this.#store.remove(key);
  }
}

let folder = '';
let store = new SlowStore('.');
let log: string[] = [];
/** Whether the journal can be made durable. */
let isDurable = true;

function createCheckpointer(keepLast = 10, fallback?: ObjectStore): Checkpointer {
  return new Checkpointer(
    { keepLast, keepEverySteps: 0 },
    {
      clock: systemClock,
      ...{ store, fallback, elsewhere: fallback === undefined ? [] : [fallback] },
      describe: () => META,
      journal: {
        sync: async () => {
          if (!isDurable) throw new Error('the disk is broken');
          log.push('synced');
        },
      },
      observer: {
        saved: ({ step }) => log.push(`saved ${step}`),
        failed: (step, error) =>
          log.push(`failed ${step}: ${error instanceof Error ? error.message : 'unknown'}`),
        damaged: ({ step }) => log.push(`damaged ${step}`),
        keptAside: ({ step }) => log.push(`kept aside ${step}`),
        deleted: (step) => log.push(`deleted ${step}`),
        notDeleted: () => log.push('not deleted'),
      },
    },
  );
}

const present = async (): Promise<number[]> => (await listCheckpoints(store)).map(({ step }) => step);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpointer-'));
  store = new SlowStore(folder);
  log = [];
  isDurable = true;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('checkpointer', () => {
  it('makes the journal durable, saves, and says where', async () => {
    const checkpointer = createCheckpointer();
    const saved = await checkpointer.save(snapshotOf(3));
    expect(saved).toMatchObject({ step: 3, path: join(folder, 'checkpoints', 'step-000000003') });
    expect(log).toEqual(['synced', 'saved 3']);
    expect(checkpointer.newestStep).toBe(3);
    expect(await createCheckpointer().loadNewestGood()).toEqual(snapshotOf(3));
  });

  it('writes one at a time and, of those that wait, only the newest; each caller has one at least as new', async () => {
    const checkpointer = createCheckpointer();
    const release = store.hold();
    const saves = [1, 2, 3, 4].map((step) => checkpointer.save(snapshotOf(step)));
    release();
    expect((await Promise.all(saves)).map(({ step }) => step)).toEqual([1, 4, 4, 4]);
    expect(await present()).toEqual([4, 1]);
  });

  it('tells of a failure, and tries again with the next checkpoint', async () => {
    const checkpointer = createCheckpointer();
    store.isReachable = false;
    await expect(checkpointer.save(snapshotOf(1))).rejects.toThrow('the network is gone');
    expect(checkpointer.newestStep).toBeUndefined();
    store.isReachable = true;
    await checkpointer.save(snapshotOf(2));
    await checkpointer.finish(undefined, 10_000);
    expect(log).toEqual(['synced', 'failed 1: the network is gone', 'synced', 'saved 2']);
  });

  it('flushes what is being written and what had failed', async () => {
    const checkpointer = createCheckpointer();
    const release = store.hold();
    const saving = checkpointer.save(snapshotOf(1));
    const flushed = checkpointer.finish(undefined, 10_000);
    release();
    await flushed;
    await saving;
    store.isReachable = false;
    await checkpointer.save(snapshotOf(2)).catch(() => {});
    store.isReachable = true;
    await checkpointer.finish(undefined, 10_000);
    expect(await present()).toEqual([2, 1]);
  });

  it('puts a last state that the store does not take in time into the fallback, and finds it there', async () => {
    await createCheckpointer().save(snapshotOf(1));
    store.isReachable = false;
    const fallback = new LocalStore(join(folder, 'fallback'));
    await createCheckpointer(10, fallback).finish(snapshotOf(2), 0);
    expect(log).toContain('kept aside 2');
    expect(await present()).toEqual([1]);
    expect(await createCheckpointer(10, fallback).loadNewestGood()).toEqual(snapshotOf(2));
  });

  it('keeps no state aside whose lines in the journal may yet be lost', async () => {
    isDurable = false;
    const fallback = new LocalStore(join(folder, 'fallback'));
    await createCheckpointer(10, fallback).finish(snapshotOf(1), 0);
    expect(await fallback.list('')).toEqual([]);
    expect(log.at(-1)).toBe('failed 1: the disk is broken');
  });

  it('gives back a state that waits for its store before any older one that is in it', async () => {
    const checkpointer = createCheckpointer();
    await checkpointer.save(snapshotOf(1));
    store.isReachable = false;
    await checkpointer.save(snapshotOf(2)).catch(() => {});
    expect(await checkpointer.loadNewestGood()).toEqual(snapshotOf(2));
  });

  it('keeps the newest and deletes the others, whole', async () => {
    const checkpointer = createCheckpointer(2);
    for (const step of [1, 2, 3, 4]) await checkpointer.save(snapshotOf(step));
    await checkpointer.finish(undefined, 10_000);
    expect(await present()).toEqual([4, 3]);
    expect(await store.list('')).toHaveLength(4);
    expect(log).toContain('deleted 1');
  });

  it('reports a damaged checkpoint, goes back past it, and never counts it as one to keep', async () => {
    const checkpointer = createCheckpointer(2);
    for (const step of [1, 2, 3]) await checkpointer.save(snapshotOf(step));
    await checkpointer.finish(undefined, 10_000);
    await truncate(join(folder, 'checkpoints', 'step-000000003', 'generator.safetensors'), 20);
    const next = createCheckpointer(1);
    expect(await next.loadNewestGood()).toEqual(snapshotOf(2));
    expect(log).toContain('damaged 3');
    expect(next.newestStep).toBe(2);
    await next.save(snapshotOf(3));
    await next.finish(undefined, 10_000);
    expect(await createCheckpointer().loadNewestGood()).toEqual(snapshotOf(3));
    expect(await present()).toEqual([3]);
  });
});

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bytesOfFloats } from '@atelier/proto/frames';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import { memoryId } from '@atelier/shared/memory/memory-id';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import { type NodeId, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComputeClient } from './compute-client.ts';
import type { LoadReply, LoadRequest } from './compute-messages.ts';

const BATCH = 2;
const IMAGE_VALUES = 32 * 32 * 3;
const request: LoadRequest = {
  engine: { device: 'cpu', intraOpThreads: 1, compile: true, ops: 'atelier' },
  model: { preset: 'dcgan-32', options: { width: 4 } },
  seed: 7,
  batchPerVirtualWorker: BATCH,
  wire: 'f32',
};
const unaborted = new AbortController().signal;

/** Virtual worker v's batch is the same, whichever block it comes in. */
function batchesOf(node: NodeId): Record<string, Float32Array> {
  const count = numVirtualWorkersOf(node);
  const size = BATCH * IMAGE_VALUES;
  const real = new Float32Array(count * size);
  for (let place = 0; place < count; place += 1) {
    real.set(uniform(keyOf('image', node.index * count + place), size), place * size);
  }
  return { real };
}

function hashOf(values: Float32Array): string {
  return createHash('sha256').update(bytesOfFloats(values)).digest('hex');
}

describe('the compute thread', () => {
  const client = new ComputeClient();
  let loaded: LoadReply;

  beforeAll(async () => {
    client.start();
    loaded = await client.load(request);
    const values = await client.initialize();
    let offset = 0;
    for (const { name, tensors, statistics } of loaded.model.groups) {
      const { size } = flatLayoutOf(tensors);
      await client.setParameters({ group: name, flat: values.slice(offset, offset + size) });
      offset += size + flatLayoutOf(statistics).size;
    }
    expect(offset).toBe(values.length);
  });

  afterAll(() => client.stop());

  async function sumOf(node: NodeId, step = 0): Promise<Float32Array> {
    const { bytes } = await client.compute({ step, node, batches: batchesOf(node) }, unaborted);
    return new Float32Array(bytes.buffer);
  }

  it('gives the same bits however a block is cut', async () => {
    const whole = await sumOf({ level: 2, index: 0 });
    const again = await sumOf({ level: 2, index: 0 });
    const left = await sumOf({ level: 1, index: 0 });
    const [third, fourth] = [await sumOf({ level: 0, index: 2 }), await sumOf({ level: 0, index: 3 })];
    const joined = left.map((value, i) => value + Math.fround((third[i] ?? 0) + (fourth[i] ?? 0)));
    expect(hashOf(again)).toBe(hashOf(whole));
    expect(hashOf(joined)).toBe(hashOf(whole));
    expect(whole.some((value) => value !== 0)).toBe(true);
  });

  it('draws other noise for another step', async () => {
    const node = { level: 0, index: 0 };
    expect(hashOf(await sumOf(node, 2))).not.toBe(hashOf(await sumOf(node, 0)));
  });

  it('leaves the main thread free while it computes', async () => {
    const controller = new AbortController();
    const node = { level: 6, index: 0 };
    let isDone = false;
    const computed = client
      .compute({ step: 0, node, batches: batchesOf(node) }, controller.signal)
      .catch((error: unknown) => error)
      .finally(() => {
        isDone = true;
      });
    // A main thread that had to wait would have had a turn for each message at most: one asked, one answered.
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(isDone).toBe(false);
    controller.abort();
    await computed;
  });

  it('drops a block between two virtual workers when it is cancelled, and goes on with the next', async () => {
    const controller = new AbortController();
    const node = { level: 6, index: 0 };
    const computed = client.compute({ step: 0, node, batches: batchesOf(node) }, controller.signal);
    controller.abort();
    await expect(computed).rejects.toMatchObject({ code: 'cancelled' });
    await expect(sumOf({ level: 0, index: 0 })).resolves.toBeInstanceOf(Float32Array);
  });

  it('holds no more tensors after many blocks than after one', async () => {
    await sumOf({ level: 0, index: 0 });
    const before = client.engine?.numTensors;
    for (let step = 0; step < 6; step += 1) await sumOf({ level: 0, index: 1 }, step);
    expect(before).toBeGreaterThan(0);
    expect(client.engine?.numTensors).toBe(before);
  });

  it.runIf(memoryId() !== '')(
    'computes the same with parameters that it reads where another has them',
    async () => {
      const node = { level: 0, index: 0 };
      const whole = await sumOf(node);
      const [first] = loaded.model.groups;
      const [group, length] = [first?.name ?? '', flatLayoutOf(first?.tensors ?? []).size];
      const flat = (await client.initialize()).slice(0, length);
      const memory = new SharedMemory({ onOff: () => {} });
      const read = async (values: Float32Array, stampsBefore = 0): Promise<void> => {
        const lent = await memory.lendTo(memoryId(), bytesOfFloats(values));
        if (lent === undefined) throw new Error('nothing was lent');
        const segment = { ...lent.name, stamp: lent.name.stamp - stampsBefore };
        await client
          .readParameters({ group, segment, length, isDifference: false })
          .finally(() => lent.release());
      };
      // Version after version, into the same memory.
      await read(flat.map((value) => value / 2));
      expect(hashOf(await sumOf(node))).not.toBe(hashOf(whole));
      await read(flat);
      expect(hashOf(await sumOf(node))).toBe(hashOf(whole));
      await expect(read(flat, 1)).rejects.toMatchObject({ name: 'MemoryError', code: 'overwritten' });
      await expect(sumOf(node)).rejects.toThrow(`needs the parameters of group '${group}'`);
      await client.setParameters({ group, flat });
      expect(hashOf(await sumOf(node))).toBe(hashOf(whole));
      memory.close();
    },
  );

  it('says which call failed and why', async () => {
    const wrong = { step: 0, node: { level: 0, index: 0 }, batches: { real: new Float32Array(3) } };
    await expect(client.compute(wrong, unaborted)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/^compute: .*real/),
      cause: { name: 'PhaseError' },
    });
  });

  it('renders what the model makes of noise', async () => {
    const flats = loaded.model.groups
      .filter(({ name }) => loaded.model.generate.uses.includes(name))
      .map(({ name, tensors, statistics }) => ({
        name,
        parameters: new Float32Array(flatLayoutOf(tensors).size).fill(0.01),
        statistics: new Float32Array(flatLayoutOf(statistics).size).fill(1),
      }));
    const images = await client.render(
      {
        parameters: Object.fromEntries(flats.map(({ name, parameters }) => [name, parameters])),
        statistics: Object.fromEntries(flats.map(({ name, statistics }) => [name, statistics])),
        inputs: { kind: 'noise', noise: new Float32Array(3 * 100) },
      },
      unaborted,
    );
    expect(images.shape).toEqual([3, 32, 32, 3]);
    expect(images.pixels).toHaveLength(3 * IMAGE_VALUES);
  });
});

it('reports a thread that crashes, with the cause, and rejects what was open', async () => {
  const client = new ComputeClient(
    new URL('data:text/javascript,setTimeout(() => { throw new Error("out of luck") })'),
  );
  client.start();
  const open = client.load(request);
  await expect(open).rejects.toMatchObject({ code: 'crashed', cause: { message: 'out of luck' } });
  expect((await client.crashed).message).toContain('out of luck');
  await expect(client.initialize()).rejects.toMatchObject({ code: 'crashed' });
  await client.stop();
});

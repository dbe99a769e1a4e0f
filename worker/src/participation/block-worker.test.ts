import { bytesOfFloats, checksumOf } from '@atelier/proto/frames';
import type { LentNode } from '@atelier/proto/generated/atelier/v1/LentNode';
import type { ReducerHandlers } from '@atelier/proto/generated/atelier/v1/Reducer';
import { MemoryError } from '@atelier/shared/memory/memory-error';
import { memoryId } from '@atelier/shared/memory/memory-id';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataPlane } from '../grpc/data-plane.ts';
import { ReducerPeer } from '../grpc/testing/reducer-peer.ts';
import { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { type BlockRun, BlockWorker } from './block-worker.ts';

/** Only a machine that is much too busy, or a fault, comes near it. */
const WAITING = { timeout: 60_000, interval: 5 };
const LENGTH = 6;
const NODE = { level: 0, index: 0 };
const SEGMENT = { pid: 1, fd: 3, inode: 1, stamp: 1 };
const values = Float32Array.of(1, 2, 3, 4, 5, 6);
const definition: BlockRun['definition'] = {
  model: 'toy',
  groups: [{ name: 'critic', tensors: [{ name: 'w', shape: [LENGTH] }], statistics: [] }],
  phases: [{ name: 'critic', group: 'critic', reads: [], losses: ['critic'] }],
  domains: [],
};

/** A call of the compute thread that ends when the test says so. */
interface Asked {
  readonly call: string;
  readonly request: object;
  resolve(reply?: object): void;
  reject(error: Error): void;
}

let peer: ReducerPeer;
let memory: SharedMemory;
let worker: BlockWorker;
let asked: Asked[];
let numPulls: number;
const failures: string[] = [];

/** What the receiver of nodes and sender of parameters does. */
const handlers: Partial<ReducerHandlers> = {
  LendNodes: (call) => {
    call.on('data', ({ id }: LentNode) => call.write({ id, receipt: { status: 'accepted' } }));
  },
  PullParameters: (call) => {
    numPulls += 1;
    const { group, version } = call.request;
    const data = bytesOfFloats(values);
    call.write({ header: { group, version, numBytes: data.byteLength, crc32: checksumOf(data) } });
    call.write({ data });
    call.end();
  },
};

beforeEach(async () => {
  [asked, numPulls] = [[], 0];
  failures.length = 0;
  peer = await ReducerPeer.start(handlers);
  memory = new SharedMemory({ onOff: () => {} });
  const metrics = new WorkerMetrics({ name: 'mine' }, { isIn: () => true, engine: () => undefined });
  const identity = { runId: 'run', incarnation: 'first', sessionId: 'mine', layoutHash: 'hash' };
  worker = new BlockWorker({
    run: {
      config: { batchPerVirtualWorker: 1, wire: 'f32' },
      definition,
      batches: {
        take: () => Promise.resolve({}),
        readAhead: () => undefined,
        firstAhead: () => Promise.resolve({}),
      },
      compute: {
        readParameters: (request) => ask('read', request),
        setParameters: (request) => ask('set', request),
        addDifference: (request) => ask('add', request),
        begin: (request) => ask('begin', request),
        compute: (request) => ask('compute', request),
        free: () => {},
      },
    },
    dataPlane: new DataPlane({ identity, memoryId: memory.id }, { client: peer.client, memory, metrics }),
    metrics,
    log: pino({ level: 'silent' }),
    reportFailure: (_step, _node, message) => failures.push(message),
    onExpelled: () => {},
  });
});

afterEach(async () => {
  for (const { resolve } of asked) resolve(SUM);
  await worker.close();
  peer[Symbol.dispose]();
  memory.close();
});

const SUM = { bytes: new Uint8Array(4), seconds: 0.1 };

function ask(call: string, request: object): Promise<never> {
  return new Promise((resolve, reject) => {
    asked.push({ call, request, resolve: (reply = {}) => resolve(reply as never), reject });
  });
}

/** The calls so far, once there are so many. */
async function calls(count: number): Promise<string[]> {
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(count), WAITING);
  return asked.map(({ call }) => call);
}

function assign(step: number, version: number): void {
  worker.assign(step, [NODE], [{ group: 'critic', version, segment: SEGMENT }]);
}

describe.runIf(memoryId() !== '')('a block of a worker that shares memory', () => {
  it('has its parameters read, itself and the beginning of the next step asked for one behind the other', async () => {
    assign(0, 1);
    expect(await calls(3)).toEqual(['read', 'compute', 'begin']);
    expect(asked[0]?.request).toMatchObject({ group: 'critic', segment: SEGMENT, length: LENGTH });
    expect(asked[1]?.request).toMatchObject({ step: 0, node: NODE });
    expect(asked[2]?.request).toMatchObject({ step: 1, node: NODE });
    expect(numPulls).toBe(0);
  });

  it('is computed again with parameters that are asked for, where they were overwritten', async () => {
    assign(0, 2);
    await calls(3);
    asked[0]?.reject(new MemoryError('overwritten', 'a later version'));
    asked[1]?.reject(new Error("needs the parameters of group 'critic'"));
    asked[2]?.reject(new Error("needs the parameters of group 'critic'"));
    expect((await calls(6)).slice(3)).toEqual(['set', 'compute', 'begin']);
    expect(asked[3]?.request).toEqual({ group: 'critic', flat: values });
    expect(numPulls).toBe(1);
    asked[3]?.resolve();
    asked[4]?.resolve(SUM);
    // What lies in memory is read there again.
    assign(1, 3);
    expect((await calls(7))[6]).toBe('read');
    expect(failures).toEqual([]);
  });

  it('of a step that is over is followed by none before it is known what the thread has', async () => {
    assign(0, 1);
    await calls(3);
    assign(1, 2);
    asked[1]?.reject(new Error('cancelled'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await calls(3)).toHaveLength(3);
    asked[0]?.resolve();
    expect((await calls(4))[3]).toBe('read');
  });

  it('has nothing brought that the thread has', async () => {
    assign(0, 1);
    await calls(3);
    for (const { resolve } of asked) resolve(SUM);
    await vi.waitFor(() => expect(worker.activity).toBe('idle'), WAITING);
    assign(1, 1);
    expect((await calls(5)).slice(3)).toEqual(['compute', 'begin']);
  });
});

import { bytesOfFloats, CHUNK_BYTES, checksumOf, chunksOf } from '@atelier/proto/frames';
import type { LentNode } from '@atelier/proto/generated/atelier/v1/LentNode';
import type { NodeChunk } from '@atelier/proto/generated/atelier/v1/NodeChunk';
import type { NodeHeader } from '@atelier/proto/generated/atelier/v1/NodeHeader';
import type { ReducerHandlers } from '@atelier/proto/generated/atelier/v1/Reducer';
import { MemoryError } from '@atelier/shared/memory/memory-error';
import { memoryId } from '@atelier/shared/memory/memory-id';
import { atOnce } from '@atelier/shared/memory/pauses';
import { readSegment, type SegmentName } from '@atelier/shared/memory/segment';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Transport } from '@atelier/shared/memory/transport';
import { parameterWireOf } from '@atelier/shared/wire/parameter-wire';
import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { DataPlane } from './data-plane.ts';
import { ReducerPeer } from './testing/reducer-peer.ts';

// Over 250 lines: one way that a transfer may go a test.

const identity = { runId: 'run', incarnation: 'first', sessionId: 'mine', layoutHash: 'hash' };
const unaborted = new AbortController().signal;
/** Larger than a flow control window, so that a sender must wait for its receiver. */
const values = Float32Array.from({ length: 3 * 1024 * 1024 + 5 }, (_, i) => i);
const bytes = bytesOfFloats(values);

let peer: ReducerPeer;
let memory: SharedMemory;

afterEach(() => {
  peer[Symbol.dispose]();
  memory.close();
});

async function connectTo(
  handlers: Partial<ReducerHandlers>,
  transport: Transport = 'grpc',
): Promise<DataPlane> {
  peer = await ReducerPeer.start(handlers);
  const metrics = new WorkerMetrics({ name: 'mine' }, { isIn: () => true, engine: () => undefined });
  memory = new SharedMemory({ isWanted: transport === 'memory', onOff: () => {} });
  return new DataPlane({ identity, memoryId: memory.id }, { client: peer.client, memory, metrics });
}

function push(plane: DataPlane, signal: AbortSignal = unaborted) {
  return plane.pushNode(
    { step: 3, node: { level: 1, index: 2 }, bytes, computeSeconds: 0.5 },
    signal,
    unaborted,
  );
}

describe('pushNode', () => {
  it('sends a header and then the bytes, in chunks', async () => {
    const received: NodeChunk[] = [];
    const plane = await connectTo({
      PushNode: (call, callback) => {
        call.on('data', (chunk: NodeChunk) => {
          received.push(chunk);
          // Nothing but the header comes before there is room for it.
          if (chunk.header)
            setImmediate(() => {
              expect(received).toHaveLength(1);
              call.sendMetadata(new Metadata());
            });
        });
        call.on('end', () => callback(null, { status: 'accepted', detail: '' }));
      },
    });
    await expect(push(plane)).resolves.toBe('accepted');
    const [first, ...chunks] = received;
    expect(first?.header).toEqual({
      identity,
      step: 3,
      node: { level: 1, index: 2 },
      numBytes: bytes.byteLength,
      crc32: checksumOf(bytes),
      computeSeconds: 0.5,
      segment: null,
    });
    const data = chunks.map((chunk) => chunk.data ?? Buffer.alloc(0));
    expect(data.every(({ byteLength }) => byteLength <= CHUNK_BYTES)).toBe(true);
    expect(Buffer.concat(data).equals(bytes)).toBe(true);
  });

  it.each(['duplicate', 'stale'] as const)(
    'takes the receipt %s of a receiver that reads no further',
    async (receipt) => {
      const plane = await connectTo({
        PushNode: (call, callback) =>
          call.once('data', () => callback(null, { status: receipt, detail: '' })),
      });
      await expect(push(plane)).resolves.toBe(receipt);
    },
  );

  it.each([
    ['unknown-session: join again', status.FAILED_PRECONDITION, 'rejoin'],
    ['wrong-incarnation: join again', status.FAILED_PRECONDITION, 'rejoin'],
    ['wrong-checksum: got 1, wanted 2', status.DATA_LOSS, 'damaged'],
    ['wrong-length: got 1, wanted 2', status.INVALID_ARGUMENT, 'refused'],
    ['gone', status.UNAVAILABLE, 'unreachable'],
  ])('tells what "%s" calls for', async (details, code, expected) => {
    const plane = await connectTo({
      PushNode: (call, callback) => call.once('data', () => callback({ code, details })),
    });
    await expect(push(plane)).rejects.toMatchObject({
      name: 'DataPlaneError',
      code: expected,
      message: details,
    });
  });

  it('ends at once when aborted while the receiver does not read', async () => {
    const controller = new AbortController();
    const plane = await connectTo({
      PushNode: (call) => call.once('data', () => call.pause() && controller.abort()),
    });
    await expect(push(plane, controller.signal)).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('pull', () => {
  const wanted = { group: 'generator', version: 4, length: values.length };
  const isDifference = false;
  const sized = { numBytes: bytes.byteLength, crc32: checksumOf(bytes) };
  const header = { group: 'generator', version: 4, ...sized, isDifference };

  /** Answers the n-th pull with the n-th header, the last one again and again. */
  async function servedWith(headers: readonly (typeof header)[], sent: Uint8Array = bytes) {
    let numPulls = 0;
    const plane = await connectTo({
      PullParameters: (call) => {
        call.write({ header: headers[Math.min(numPulls, headers.length - 1)] ?? header });
        numPulls += 1;
        for (const data of chunksOf(sent)) call.write({ data });
        call.end();
      },
    });
    return { plane, numPulls: () => numPulls };
  }

  it('brings the values, bit for bit', async () => {
    const { plane } = await servedWith([header]);
    const pulled = await plane.pull('parameters', wanted, unaborted);
    expect(pulled.isDifference).toBe(false);
    expect(Buffer.from(bytesOfFloats(pulled.values)).equals(bytes)).toBe(true);
  });

  it('says that it has the version before, and brings a difference of half the bytes', async () => {
    const half = bytes.subarray(0, 4 * Math.ceil(values.length / 2));
    const numBytes = half.byteLength;
    const asked: boolean[] = [];
    const plane = await connectTo({
      PullParameters: (call) => {
        asked.push(call.request.hasPrevious);
        call.write({ header: { ...header, numBytes, crc32: checksumOf(half), isDifference: true } });
        for (const data of chunksOf(half)) call.write({ data });
        call.end();
      },
    });
    const pulled = await plane.pull(
      'parameters',
      { ...wanted, difference: parameterWireOf('bf16') },
      unaborted,
    );
    expect(pulled.isDifference).toBe(true);
    expect(Buffer.from(bytesOfFloats(pulled.values)).equals(half)).toBe(true);
    const unasked = plane.pull('parameters', wanted, unaborted);
    await expect(unasked).rejects.toThrow('a version that this worker does not have');
    expect(asked.slice(0, 2)).toEqual([true, false]);
  });

  it('asks again for bytes that arrived damaged', async () => {
    const { plane, numPulls } = await servedWith([{ ...header, crc32: 1 }, header]);
    const { values: pulled } = await plane.pull('parameters', wanted, unaborted);
    expect(pulled).toHaveLength(values.length);
    expect(numPulls()).toBe(2);
  });

  it.each([
    ['another version', { ...header, version: 5 }, bytes, /generator version 5/],
    ['another length', { ...header, numBytes: 4 }, bytes, /4 bytes, this model has/],
    ['too few bytes', header, bytes.subarray(4), /of \d+ bytes/],
    ['too many bytes', header, Buffer.concat([bytes, bytes.subarray(0, 4)]), /more bytes than announced/],
    ['a wrong checksum', { ...header, crc32: 1 }, bytes, /CRC-32/],
  ])('refuses %s', async (_, wrong, sent, message) => {
    const { plane } = await servedWith([wrong], sent);
    const pulled = plane.pull('parameters', wanted, unaborted);
    await expect(pulled).rejects.toMatchObject({ code: 'damaged', message: expect.stringMatching(message) });
  });
});

describe.runIf(memoryId() !== '')('through memory', () => {
  const wanted = { group: 'generator', version: 4, length: values.length };

  function readOf(segment: SegmentName): Buffer {
    const target = Buffer.alloc(bytes.byteLength);
    atOnce(readSegment(segment, target.length, (at, size) => target.subarray(at, at + size)));
    return target;
  }

  /** Of another process, as it were, which lends all bytes until the test is over. */
  async function lentBytes(): Promise<Disposable & { readonly name: SegmentName }> {
    const lender = new SharedMemory({ onOff: () => {} });
    const lent = await lender.lendTo(memoryId(), bytes);
    if (lent === undefined) throw new Error('nothing was lent');
    return {
      name: lent.name,
      [Symbol.dispose]: () => {
        lent.release();
        lender.close();
      },
    };
  }

  it('names where a node lies, node after node over one stream', async () => {
    const headers: (NodeHeader | null)[] = [];
    const seen: Buffer[] = [];
    let numStreams = 0;
    const plane = await connectTo(
      {
        LendNodes: (call) => {
          numStreams += 1;
          call.on('data', ({ id, header }: LentNode) => {
            headers.push(header);
            if (header?.segment) seen.push(readOf(header.segment));
            call.write({ id, receipt: { status: 'accepted' } });
          });
        },
      },
      'memory',
    );
    await expect(push(plane)).resolves.toBe('accepted');
    await expect(push(plane)).resolves.toBe('accepted');
    const header = { identity, step: 3, node: { level: 1, index: 2 }, numBytes: bytes.byteLength, crc32: 0 };
    expect(headers).toEqual([expect.objectContaining(header), expect.objectContaining(header)]);
    expect(seen.every((found) => found.equals(bytes))).toBe(true);
    expect(numStreams).toBe(1);
    plane.close();
  });

  it('pushes by gRPC, then and from then on, when the receiver cannot see it', async () => {
    const pushes: string[] = [];
    const plane = await connectTo(
      {
        LendNodes: (call) => {
          call.on('data', ({ id }: LentNode) => {
            pushes.push('lent');
            call.write({ id, code: status.FAILED_PRECONDITION, details: 'unseen: not by me' });
          });
        },
        PushNode: (call, callback) => {
          pushes.push('sent');
          call.on('data', ({ header }: NodeChunk) => {
            if (header) call.sendMetadata(new Metadata());
          });
          call.on('end', () => callback(null, { status: 'accepted', detail: '' }));
        },
      },
      'memory',
    );
    await expect(push(plane)).resolves.toBe('accepted');
    await expect(push(plane)).resolves.toBe('accepted');
    expect(pushes).toEqual(['lent', 'sent', 'sent']);
    plane.close();
  });

  it('pulls from where the header says, and by gRPC when it cannot see that', async () => {
    using lent = await lentBytes();
    const sized = { numBytes: bytes.byteLength, crc32: checksumOf(bytes) };
    const header = { group: 'generator', version: 4, ...sized, isDifference: false };
    let segment = lent.name;
    const asked: boolean[] = [];
    const plane = await connectTo(
      {
        PullParameters: (call) => {
          const { byMemory } = call.request;
          asked.push(byMemory);
          call.write({ header: byMemory ? { ...header, crc32: 0, segment } : header });
          if (!byMemory) for (const data of chunksOf(bytes)) call.write({ data });
          call.end();
        },
      },
      'memory',
    );
    const seen = await plane.pull('parameters', wanted, unaborted);
    expect(Buffer.from(bytesOfFloats(seen.values)).equals(bytes)).toBe(true);
    segment = { pid: process.pid, fd: 1_000_000, inode: 1, stamp: 1 };
    for (let i = 0; i < 2; i++) {
      const unseen = await plane.pull('parameters', wanted, unaborted);
      expect(Buffer.from(bytesOfFloats(unseen.values)).equals(bytes)).toBe(true);
    }
    expect(asked).toEqual([true, true, false, false]);
  });

  it('says what can be read where it was said to lie, until that has failed', async () => {
    using lent = await lentBytes();
    const plane = await connectTo({}, 'memory');
    const whole = { segment: lent.name, isDifference: false };
    const difference = { segment: lent.name, isDifference: true };
    expect([plane.canRead(whole, false), plane.canRead(difference, true)]).toEqual([true, true]);
    // It has no version that the difference could be added to.
    expect(plane.canRead(difference, false)).toBe(false);
    plane.couldNotRead(new MemoryError('overwritten', 'a later version'));
    expect(plane.canRead(whole, false)).toBe(true);
    plane.couldNotRead(new MemoryError('unseen', 'not by me'));
    expect(plane.canRead(whole, false)).toBe(false);
  });

  it('asks again when a later version was written where it read', async () => {
    using lent = await lentBytes();
    const { name } = lent;
    let numPulls = 0;
    const plane = await connectTo(
      {
        PullParameters: (call) => {
          numPulls += 1;
          const segment = { ...name, stamp: name.stamp + (numPulls === 1 ? -1 : 0) };
          const { group, version } = call.request;
          call.write({ header: { group, version, numBytes: bytes.byteLength, segment } });
          call.end();
        },
      },
      'memory',
    );
    const { values: pulled } = await plane.pull('parameters', wanted, unaborted);
    expect(pulled).toHaveLength(values.length);
    expect(numPulls).toBe(2);
  });
});

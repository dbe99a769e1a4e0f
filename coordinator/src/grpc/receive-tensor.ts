import { crc32 } from 'node:zlib';
import { MemoryError } from '@atelier/shared/memory/memory-error';
import { withPauses } from '@atelier/shared/memory/pauses';
import { readSegment, type SegmentName } from '@atelier/shared/memory/segment';
import type { Transport } from '@atelier/shared/memory/transport';
import { RefusedError } from '../refusals/refused-error.ts';

/** The shape of NodeChunk and InitialChunk: the header first and once, then bytes. */
export interface Frame<Header> {
  readonly body?: 'header' | 'data';
  readonly header?: Header | null;
  readonly data?: Uint8Array;
}

export interface TensorHeader {
  readonly numBytes: number;
  readonly crc32: number;
  /** Where the bytes lie; null: they follow the header. */
  readonly segment: SegmentName | null;
}

export interface TensorSink {
  /** Where bytes [atByte, atByte + numBytes) belong: to be filled before any `await`, never kept. */
  partAt(atByte: number, numBytes: number): Uint8Array;
}

/** @throws RefusedError 'bad-message' when anything but a header comes first */
export async function receiveHeader<Header>(frames: AsyncIterator<Frame<Header>>): Promise<Header> {
  const first = await frames.next();
  const header = first.done === true ? undefined : first.value.header;
  if (first.done === true || first.value.body !== 'header' || header === undefined || header === null) {
    const got = first.done === true ? 'the end of the stream' : (first.value.body ?? 'nothing');
    throw RefusedError.mismatch('bad-message', 'first message of the stream', got, 'header');
  }
  return header;
}

/**
 * Brings the bytes that the header announces, exactly as many as it says, and as they were sent.
 * @returns the way that they took
 * @throws RefusedError 'bad-message' | 'wrong-length' | 'wrong-checksum' | 'unseen' | 'overwritten'
 */
export async function receiveBytes<Header extends TensorHeader>(
  frames: AsyncIterator<Frame<Header>>,
  header: Header,
  sink: TensorSink,
): Promise<Transport> {
  if (header.segment === null) {
    await receiveChunks(frames, header, sink);
    return 'grpc';
  }
  const next = await frames.next();
  if (next.done !== true) {
    const got = next.value.body ?? 'nothing';
    throw RefusedError.mismatch('bad-message', 'message after a segment', got, 'none');
  }
  await receiveSegment(header.segment, header.numBytes, sink);
  return 'memory';
}

/** Bytes that follow their header. @throws RefusedError 'bad-message' | 'wrong-length' | 'wrong-checksum' */
export async function receiveChunks(
  frames: AsyncIterator<Frame<unknown>>,
  header: Omit<TensorHeader, 'segment'>,
  sink: TensorSink,
): Promise<void> {
  let received = 0;
  let checksum = 0;
  for (let frame = await frames.next(); frame.done !== true; frame = await frames.next()) {
    const { body, data } = frame.value;
    if (body !== 'data' || data === undefined) {
      throw RefusedError.mismatch('bad-message', 'message after the header', body ?? 'nothing', 'data');
    }
    if (received + data.byteLength > header.numBytes) {
      const got = `at least ${received + data.byteLength}`;
      throw RefusedError.mismatch('wrong-length', 'bytes received', got, header.numBytes);
    }
    sink.partAt(received, data.byteLength).set(data);
    checksum = crc32(data, checksum);
    received += data.byteLength;
  }
  if (received !== header.numBytes)
    throw RefusedError.mismatch('wrong-length', 'bytes received', received, header.numBytes);
  if (checksum !== header.crc32)
    throw RefusedError.mismatch('wrong-checksum', 'crc32 of the bytes', checksum, header.crc32);
}

/** Bytes that lie in memory. @throws RefusedError 'unseen' | 'overwritten' */
export async function receiveSegment(
  segment: SegmentName,
  numBytes: number,
  sink: TensorSink,
): Promise<void> {
  try {
    await withPauses(readSegment(segment, numBytes, (at, size) => sink.partAt(at, size)));
  } catch (cause) {
    if (!(cause instanceof MemoryError)) throw cause;
    const code = cause.code === 'overwritten' ? 'overwritten' : 'unseen';
    throw new RefusedError(code, cause.message, { cause });
  }
}

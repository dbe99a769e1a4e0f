import { crc32 } from 'node:zlib';
import { bytesOfFloats, chunksOf } from '@atelier/proto/frames';
import type { StateChunk, StateChunkInput } from '@atelier/proto/generated/atelier/v1/StateChunk';
import type { StateHeader, StateHeaderInput } from '@atelier/proto/generated/atelier/v1/StateHeader';
import { RefusedError } from '../refusals/refused-error.ts';
import type { SlicePart } from '../training/slice-parts.ts';

/** A header, then each part and its bytes. */
export function* framesOfState(
  header: StateHeaderInput,
  parts: readonly SlicePart[],
): Generator<StateChunkInput> {
  yield { header };
  for (const { group, kind, values } of parts) {
    const bytes = bytesOfFloats(values);
    yield { part: { group, kind, numBytes: bytes.byteLength, crc32: crc32(bytes) } };
    for (const data of chunksOf(bytes)) yield { data };
  }
}

/** @throws RefusedError 'bad-message' when anything but a header comes first */
export async function receiveStateHeader(frames: AsyncIterator<StateChunk>): Promise<StateHeader> {
  const first = await frames.next();
  const header = first.done === true ? undefined : first.value.header;
  if (header === undefined || header === null)
    throw RefusedError.mismatch('bad-message', 'first message of a state', 'something else', 'header');
  return header;
}

/**
 * The parts that follow the header.
 * @param expected how many bytes so named a part has; for any other it throws
 * @throws RefusedError 'bad-message' | 'wrong-length' | 'wrong-checksum'
 */
export async function receiveParts(
  frames: AsyncIterator<StateChunk>,
  expected: (group: string, kind: string) => number | undefined,
): Promise<SlicePart[]> {
  const parts: SlicePart[] = [];
  let current: { readonly part: SlicePart; readonly crc32: number; received: number } | undefined;
  const finish = (): void => {
    if (current === undefined) return;
    const bytes = bytesOfFloats(current.part.values);
    if (current.received !== bytes.byteLength)
      throw RefusedError.mismatch('wrong-length', 'bytes received', current.received, bytes.byteLength);
    const checksum = crc32(bytes);
    if (checksum !== current.crc32)
      throw RefusedError.mismatch('wrong-checksum', 'crc32 of the bytes', checksum, current.crc32);
    parts.push(current.part);
  };
  for (let frame = await frames.next(); frame.done !== true; frame = await frames.next()) {
    const { part, data } = frame.value;
    if (part) {
      finish();
      const { group, kind, numBytes } = part;
      const wanted = expected(group, kind);
      if (numBytes !== wanted)
        throw RefusedError.mismatch('wrong-length', `bytes of ${kind} of '${group}'`, numBytes, wanted);
      const values = new Float32Array(numBytes / Float32Array.BYTES_PER_ELEMENT);
      current = { part: { group, kind, values }, crc32: part.crc32, received: 0 };
    } else if (data && current !== undefined) {
      const target = bytesOfFloats(current.part.values);
      if (current.received + data.byteLength > target.byteLength)
        throw RefusedError.mismatch('wrong-length', 'bytes received', 'more', target.byteLength);
      target.set(data, current.received);
      current.received += data.byteLength;
    } else {
      throw RefusedError.mismatch('bad-message', 'message', frame.value.body ?? 'nothing', 'part or data');
    }
  }
  finish();
  return parts;
}

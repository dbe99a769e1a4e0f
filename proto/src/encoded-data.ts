import { CHUNK_BYTES, chunksOf } from './frames.ts';
import type { ParameterChunkInput } from './generated/atelier/v1/ParameterChunk.ts';

/** A `data` message of ParameterChunk that was serialised before, for all that it is sent to. */
export interface EncodedChunk extends ParameterChunkInput {
  readonly encoded: Buffer;
}

/** Field 2 of wire type 2, and a length of up to 2^21. */
const DATA_TAG = (2 << 3) | 2;
const MAX_HEAD_BYTES = 4;

/** Room for so many bytes as messages. */
export function encodedSizeOf(numBytes: number): number {
  return numBytes + MAX_HEAD_BYTES * Math.ceil(numBytes / CHUNK_BYTES);
}

/**
 * Copies bytes into an arena as the messages that carry them: one copy, whoever is sent them afterwards.
 * @param arena of `encodedSizeOf` bytes; must not be written to as long as a message is being sent
 * @param onChunk is given each chunk while it is in the processor's cache
 */
export function encodeData(
  bytes: Uint8Array,
  arena: Buffer,
  onChunk: (chunk: Uint8Array) => void,
): EncodedChunk[] {
  let at = 0;
  return Array.from(chunksOf(bytes), (chunk) => {
    const start = at;
    arena[at++] = DATA_TAG;
    let rest = chunk.byteLength;
    for (; rest > 0x7f; rest >>>= 7) arena[at++] = (rest & 0x7f) | 0x80;
    arena[at++] = rest;
    arena.set(chunk, at);
    onChunk(chunk);
    at += chunk.byteLength;
    return { encoded: arena.subarray(start, at) };
  });
}

export function isEncoded(message: ParameterChunkInput): message is EncodedChunk {
  return 'encoded' in message;
}

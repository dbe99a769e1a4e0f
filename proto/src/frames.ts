import { crc32 } from 'node:zlib';

/** Larger chunks are no faster (measured); this one keeps a stream's share of memory small. */
export const CHUNK_BYTES: number = 256 * 1024;

/** Views of at most CHUNK_BYTES, in order; nothing is copied. Empty bytes give no chunk. */
export function* chunksOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES) {
    yield bytes.subarray(start, start + CHUNK_BYTES);
  }
}

/** CRC-32 of all bytes, as the headers carry it (unsigned). */
export function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** The bytes of a float32 array, without a copy. The wire is little-endian, and so must the machine be. */
export function bytesOfFloats(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES, checksumOf, chunksOf } from './frames.ts';

describe('frames', () => {
  it('cuts bytes into views that join to the same bytes', () => {
    const bytes = Uint8Array.from({ length: 2 * CHUNK_BYTES + 3 }, (_, i) => i * 31);
    const chunks = [...chunksOf(bytes)];
    expect(chunks.map((chunk) => chunk.byteLength)).toEqual([CHUNK_BYTES, CHUNK_BYTES, 3]);
    expect(chunks.every((chunk) => chunk.buffer === bytes.buffer)).toBe(true);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('has the CRC-32 of the standard check value', () => {
    expect(checksumOf(Buffer.from('123456789'))).toBe(0xcbf43926);
  });
});

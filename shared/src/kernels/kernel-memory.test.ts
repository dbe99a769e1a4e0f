import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KernelBuffer } from './kernel-memory.ts';
import { Kernels } from './kernels.ts';

describe('kernel memory', () => {
  it('keeps every buffer to its owner, through growth and reuse, and gets all of it back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(60_000), fc.boolean()), { minLength: 1, maxLength: 40 }),
        (requests) => {
          const { memory } = Kernels.load();
          const held: { buffer: KernelBuffer; mark: number }[] = [];
          for (const [mark, [length, releasesOne]] of requests.entries()) {
            const buffer = memory.allocate(length);
            expect(buffer.pointer % 16).toBe(0);
            buffer.floats.fill(mark);
            held.push({ buffer, mark });
            if (releasesOne) held.splice(length % held.length, 1)[0]?.buffer.release();
            for (const other of held)
              expect(other.buffer.floats.every((value) => value === other.mark)).toBe(true);
          }
          for (const { buffer } of held) buffer.release();
          const whole = memory.freeBytes;
          const size = memory.sizeBytes;
          memory.allocate(Math.floor(whole / 16) * 4);
          expect(memory.sizeBytes).toBe(size);
        },
      ),
      { numRuns: 30, examples: [[[[16_129, false]]]] },
    );
  });

  it('does not grow when the same buffers come and go', () => {
    const { memory } = Kernels.load();
    const round = (): void => {
      const buffers = [100_000, 30_001, 100_000].map((length) => memory.allocate(length));
      for (const buffer of buffers) buffer.release();
    };
    round();
    const size = memory.sizeBytes;
    for (let i = 0; i < 100; i += 1) round();
    expect(memory.sizeBytes).toBe(size);
  });

  it('refuses a buffer that was released, and a slice past the end', () => {
    const { memory } = Kernels.load();
    const buffer = memory.allocate(10);
    expect(() => buffer.slice(8, 3)).toThrow('outside');
    buffer.release();
    expect(() => buffer.floats).toThrow('released');
    expect(() => buffer.release()).toThrow('released twice');
  });

  it('says so when there is no more memory', () => {
    const { memory } = Kernels.load();
    expect(() => memory.allocate(2 ** 30)).toThrow(expect.objectContaining({ code: 'out-of-memory' }));
  });
});

/**
 * The unit in which flat parameters are cut, in elements: 16 KiB of float32. A gradient's norm is defined by it, so that it
 * is the same wherever a gradient is cut: see judge-step.ts.
 */
export const CHUNK_ELEMENTS = 4_096;

/** Elements [offset, offset + size) of a flat buffer. */
export interface Slice {
  readonly offset: number;
  readonly size: number;
}

/** A flat buffer in pieces of `step` elements; the last may be shorter. */
export function piecesOf(size: number, step: number): Slice[] {
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => {
    const offset = i * step;
    return { offset, size: Math.min(step, size - offset) };
  });
}

/** A flat buffer cut into slices of whole chunks, as evenly as that goes; some may be empty. */
export function slicesOf(size: number, count: number): Slice[] {
  const numChunks = Math.ceil(size / CHUNK_ELEMENTS);
  const cutAt = (i: number): number => Math.min(size, Math.floor((i * numChunks) / count) * CHUNK_ELEMENTS);
  return Array.from({ length: count }, (_, i) => ({ offset: cutAt(i), size: cutAt(i + 1) - cutAt(i) }));
}

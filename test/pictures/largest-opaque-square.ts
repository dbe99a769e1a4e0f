export interface Square {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The largest square without a hole, the first of several. The largest that ends at a pixel is one longer than the
 * smallest of those that end left of it, above it and before both.
 *
 * @param opacity 255 where a picture has something, row by row
 * @param width of a row
 */
export function largestOpaqueSquare(opacity: Uint8Array, width: number): Square {
  const sides = new Int32Array(opacity.length);
  let side = 0;
  let last = 0;
  for (const [i, alpha] of opacity.entries()) {
    if (alpha < 255) continue;
    const isEdge = i < width || i % width === 0;
    const before = [i - 1, i - width, i - width - 1].map((j) => sides[j] ?? 0);
    sides[i] = isEdge ? 1 : 1 + Math.min(...before);
    if ((sides[i] ?? 0) > side) [side, last] = [sides[i] ?? 0, i];
  }
  const right = last % width;
  const bottom = Math.floor(last / width);
  return { left: right - side + 1, top: bottom - side + 1, width: side, height: side };
}

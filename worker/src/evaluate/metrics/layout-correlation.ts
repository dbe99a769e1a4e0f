/**
 * |Pearson correlation| of two images of one value a pixel: 1 when one is the other in any brightness and contrast, also
 * inverted; about 0 when nothing lies in the same place. 0 where one of them is flat.
 */
export function layoutCorrelation(a: Float32Array, b: Float32Array): number {
  const meanA = a.reduce((sum, value) => sum + value, 0) / a.length;
  const meanB = b.reduce((sum, value) => sum + value, 0) / b.length;
  let [together, squaresA, squaresB] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const [fromA, fromB] = [value - meanA, (b[i] ?? 0) - meanB];
    together += fromA * fromB;
    squaresA += fromA ** 2;
    squaresB += fromB ** 2;
  }
  const scale = Math.sqrt(squaresA * squaresB);
  return scale > 1e-9 ? Math.abs(together / scale) : 0;
}

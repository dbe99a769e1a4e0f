import * as tf from '@tensorflow/tfjs-node-gpu';
import { inScope } from '../../phases/in-scope.ts';

/** For each layer its Gram matrix, row by row. */
export type Grams = readonly Float32Array[];

/**
 * The Gram matrices of each picture: which features of a layer occur together, mean over the places (Gatys et al. 2016).
 * @param mapsNHWC one for each layer
 */
export function gramsOf(mapsNHWC: readonly tf.Tensor4D[]): Grams[] {
  const [first] = mapsNHWC;
  const grams: Float32Array[][] = Array.from({ length: first?.shape[0] ?? 0 }, () => []);
  for (const mapNHWC of mapsNHWC) {
    const [n, height, width, channels] = mapNHWC.shape;
    const values = inScope(() => {
      const rowsNPC = mapNHWC.reshape([n, height * width, channels]);
      return tf.div(tf.matMul(rowsNPC, rowsNPC, true), height * width).dataSync<'float32'>();
    });
    const length = channels * channels;
    for (const [i, own] of grams.entries()) own.push(values.slice(i * length, (i + 1) * length));
  }
  return grams;
}

/** |G - G'| / |G'| in the Frobenius norm, mean over the layers: 0 for the same, about 1 for nothing in common. */
export function relativeGramDistance(grams: Grams, reference: Grams): number {
  const distances = reference.map((wanted, layer) => {
    const own = grams[layer] ?? wanted;
    const between = own.reduce((sum, value, i) => sum + (value - (wanted[i] ?? 0)) ** 2, 0);
    const scale = wanted.reduce((sum, value) => sum + value ** 2, 0);
    return Math.sqrt(between / Math.max(scale, 1e-12));
  });
  return distances.reduce((sum, value) => sum + value, 0) / distances.length;
}

import * as tf from '@tensorflow/tfjs-node-gpu';
import { inScope } from '../../phases/in-scope.ts';
import { type Network, tensorsOfNetwork } from './network.ts';
import type { LabelledPictures } from './train-network.ts';

const CHUNK = 200;

/** Which class the network sees in each picture. @param flat its parameters */
export function classesOf(network: Network, flat: Float32Array, pixels: Float32Array): Int32Array {
  const { size, channels } = network.input;
  const length = size * size * channels;
  const count = pixels.length / length;
  const classes = new Int32Array(count);
  inScope(() => {
    const parameters = tensorsOfNetwork(network, flat);
    for (let first = 0; first < count; first += CHUNK) {
      const n = Math.min(CHUNK, count - first);
      const part = pixels.subarray(first * length, (first + n) * length);
      const seen = inScope(() =>
        tf.argMax(network.logits(parameters, tf.tensor4d(part, [n, size, size, channels])), 1).dataSync(),
      );
      classes.set(Int32Array.from(seen), first);
    }
  });
  return classes;
}

/** The share of pictures of which the network sees the class that they have. */
export function accuracyOf(
  network: Network,
  flat: Float32Array,
  { pixels, labels }: LabelledPictures,
): number {
  const classes = classesOf(network, flat, pixels);
  return labels.filter((label, i) => label === classes[i]).length / labels.length;
}

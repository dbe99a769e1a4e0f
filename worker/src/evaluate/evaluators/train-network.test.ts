import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { expect, it } from 'vitest';
import { accuracyOf } from './accuracy.ts';
import { judgeNetwork } from './judge-network.ts';
import { type LabelledPictures, trainNetwork } from './train-network.ts';

const SIZE = 16;

/** Stripes along the rows (0) or the columns (1), of any colour and width, with noise. */
function stripes(seed: number, count: number): LabelledPictures {
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const pixels = new Float32Array(count * SIZE * SIZE * 3);
  for (const [i, label] of labels.entries()) {
    const [period = 0, phase = 0, ...colour] = uniform(keyOf(seed, i), 5);
    const noise = uniform(keyOf(seed, i, 'noise'), SIZE * SIZE * 3);
    for (const [k, random] of noise.entries()) {
      const pixel = Math.floor(k / 3);
      const place = label === 0 ? Math.floor(pixel / SIZE) : pixel % SIZE;
      const wave = Math.sin((2 * Math.PI * place) / (3 + 4 * period) + 9 * phase);
      pixels[i * noise.length + k] = 0.6 * wave * (0.3 + (colour[k % 3] ?? 0)) + 0.3 * (random - 0.5);
    }
  }
  return { pixels, labels };
}

it('learns what can be learned, the same to the bit each time, and keeps no tensor', async () => {
  const network = judgeNetwork(SIZE, 2);
  const batchSize = 16;
  const options = { seed: 3, numSteps: 40, batchSize, learningRate: 2e-3 };
  const train = () =>
    trainNetwork(network, { ...options, batchOf: async (step) => stripes(step, batchSize) });
  const flat = await train();
  const numTensors = tf.memory().numTensors;
  expect(accuracyOf(network, flat, stripes(-1, 100))).toBeGreaterThan(0.9);
  expect(await train()).toEqual(flat);
  expect(tf.memory().numTensors).toBe(numTensors);
});

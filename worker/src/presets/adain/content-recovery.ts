import * as tf from '@tensorflow/tfjs-node-gpu';
import { conv2d } from '../../layers/conv2d.ts';
import { scaledNormal, tensorsOf } from '../../layers/layer.ts';
import { leakyRelu } from '../../layers/leaky-relu.ts';
import type { AdainOptions } from './options.ts';
import type { PaintingTerm } from './painting-term.ts';

const CHANNELS = 16;

/**
 * A small network finds the grey content in what was painted, through noise: the generator must leave it to be found, and
 * in strokes rather than in a pattern too faint to see. The cycle of CycleGAN (Zhu et al. 2017) with a narrow way back.
 */
export function contentRecoveryTerm(options: AdainOptions, size: number): PaintingTerm {
  const hidden = [
    conv2d({ name: 'recovery.0', in: 3, out: CHANNELS, kernel: 5, padding: 'reflect' }),
    conv2d({ name: 'recovery.1', in: CHANNELS, out: CHANNELS, kernel: 3, padding: 'reflect' }),
  ];
  const grey = conv2d({
    name: 'recovery.grey',
    in: CHANNELS,
    out: 1,
    kernel: 3,
    padding: 'reflect',
    initial: scaledNormal(9 * CHANNELS, 1),
  });
  return {
    name: 'recovery',
    weight: options.recoveryWeight,
    tensors: tensorsOf([...hidden, grey]),
    noiseOf: (n) => ({ recovery: { shape: [n, size, size, 3], distribution: 'normal' } }),
    valueOf({ contentNHWC, imagesNHWC, own, noise }) {
      let mapNHWC = tf.add<tf.Tensor4D>(imagesNHWC, tf.mul(noise['recovery'] ?? 0, options.recoveryNoise));
      for (const conv of hidden) mapNHWC = leakyRelu(conv.apply(own, mapNHWC));
      const foundNHWC = tf.tanh(grey.apply(own, mapNHWC));
      return tf.mean(tf.abs(tf.sub(foundNHWC, contentNHWC)));
    },
  };
}

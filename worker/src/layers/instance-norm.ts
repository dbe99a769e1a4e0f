import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Tensors } from '../model/define-model.ts';
import { dense } from './dense.ts';
import type { Layer } from './layer.ts';

/** Each channel of each image shifted and scaled to mean 0 and variance 1 over its pixels. xNHWC -> same shape. */
export function instanceNorm(xNHWC: tf.Tensor4D): tf.Tensor4D {
  const { mean, variance } = tf.moments(xNHWC, [1, 2], true);
  return tf.mul(tf.sub(xNHWC, mean), tf.rsqrt(tf.add(variance, 1e-5)));
}

export interface AdaptiveNorm {
  readonly tensors: Layer['tensors'];
  /** xNHWC [n, h, w, channels], codeNC [n, code] -> xNHWC with the mean and scale that the code asks for. */
  apply(parameters: Tensors, xNHWC: tf.Tensor4D, codeNC: tf.Tensor2D): tf.Tensor4D;
}

/**
 * Adaptive instance normalisation (Huang and Belongie 2017) with scale and shift predicted from a style code. The
 * scale is predicted as a difference from 1.
 */
export function adaptiveNorm(options: {
  readonly name: string;
  readonly channels: number;
  readonly code: number;
}): AdaptiveNorm {
  const { name, channels, code } = options;
  const initial = { kind: 'normal', stddev: 0.5 / Math.sqrt(code) } as const;
  const affine = dense({ name: `${name}.affine`, in: code, out: 2 * channels, initial });
  return {
    tensors: affine.tensors,
    apply(parameters, xNHWC, codeNC) {
      const scaleAndShiftN11C = affine.apply(parameters, codeNC).reshape([-1, 1, 1, 2 * channels]);
      const [scaleN11C, shiftN11C] = tf.split(scaleAndShiftN11C, 2, 3);
      if (scaleN11C === undefined || shiftN11C === undefined) throw new Error('split into 2 gave fewer');
      return tf.add(tf.mul(instanceNorm(xNHWC), tf.add(scaleN11C, 1)), shiftN11C);
    },
  };
}

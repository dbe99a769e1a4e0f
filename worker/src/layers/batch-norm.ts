import * as tf from '@tensorflow/tfjs-node-gpu';
import type { TensorSpec, Tensors } from '../model/define-model.ts';
import { parameterOf } from './layer.ts';

export interface BatchNormOptions {
  readonly name: string;
  readonly channels: number;
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
}

export interface BatchNormOutput {
  readonly x: tf.Tensor4D;
  /** This batch's mean and variance by the names of `statistics`: to be returned by the phase. */
  readonly batchStatistics: Tensors;
}

/**
 * Batch normalisation of the channels of NHWC. Ioffe and Szegedy, 2015, algorithms 1 and 2. Each virtual worker
 * normalises with its own batch; the running statistics, averaged at the commit, serve generation.
 *
 * Made of moments and not of tf.batchNorm, which has no second derivative.
 */
export interface BatchNorm {
  readonly tensors: readonly TensorSpec[];
  readonly statistics: readonly TensorSpec[];
  /** With the batch's own moments. */
  train(parameters: Tensors, xNHWC: tf.Tensor4D): BatchNormOutput;
  /** With the running statistics. */
  generate(parameters: Tensors, statistics: Tensors, xNHWC: tf.Tensor4D): tf.Tensor4D;
}

export function batchNorm(options: BatchNormOptions): BatchNorm {
  const { name, channels, epsilon = 1e-5 } = options;
  const specOf = (part: string, value: number): TensorSpec => ({
    name: `${name}.${part}`,
    shape: [channels],
    initial: { kind: 'constant', value },
  });
  const scale = specOf('scale', 1);
  const offset = specOf('offset', 0);
  const mean = specOf('mean', 0);
  const variance = specOf('variance', 1);

  function normalise(parameters: Tensors, x: tf.Tensor4D, mean: tf.Tensor, variance: tf.Tensor): tf.Tensor4D {
    const factor = parameterOf(parameters, scale.name).mul(variance.add(epsilon).rsqrt());
    return x.sub(mean).mul<tf.Tensor4D>(factor).add(parameterOf(parameters, offset.name));
  }

  return {
    tensors: [scale, offset],
    statistics: [mean, variance],
    train(parameters, x) {
      const moments = tf.moments(x, [0, 1, 2]);
      return {
        x: normalise(parameters, x, moments.mean, moments.variance),
        batchStatistics: { [mean.name]: moments.mean, [variance.name]: moments.variance },
      };
    },
    generate(parameters, statistics, x) {
      return normalise(
        parameters,
        x,
        parameterOf(statistics, mean.name),
        parameterOf(statistics, variance.name),
      );
    },
  };
}

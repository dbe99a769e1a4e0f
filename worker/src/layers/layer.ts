import type * as tf from '@tensorflow/tfjs-node-gpu';
import type { Initializer, TensorSpec, Tensors } from '../model/define-model.ts';

/**
 * A layer is its tensors and a pure function of them: no state, no variables. Names are full names within the
 * parameter group ('encoder.0.kernel'), so a layer reads its own tensors out of the whole group's record.
 */
export interface Layer<In extends tf.Tensor = tf.Tensor4D, Out extends tf.Tensor = In> {
  readonly tensors: readonly TensorSpec[];
  apply(parameters: Tensors, x: In): Out;
}

/** All tensors of several layers, in order: the layout of a parameter group. */
export function tensorsOf(
  layers: readonly { readonly tensors: readonly TensorSpec[] }[],
): readonly TensorSpec[] {
  return layers.flatMap((layer) => layer.tensors);
}

/** The parameter of that name. @throws Error when the group lacks it: layer and layout disagree. */
export function parameterOf(parameters: Tensors, name: string): tf.Tensor {
  const parameter = parameters[name];
  if (parameter === undefined)
    throw new Error(`no parameter '${name}' in a group of ${Object.keys(parameters).length}`);
  return parameter;
}

/**
 * Keeps the variance of activations through a layer that is followed by a ReLU (gain sqrt 2, the default) or by
 * nothing (gain 1). He et al. 2015, eq. 10.
 */
export function scaledNormal(fanIn: number, gain: number = Math.SQRT2): Initializer {
  return { kind: 'normal', stddev: gain / Math.sqrt(fanIn) };
}

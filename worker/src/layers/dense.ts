import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Initializer } from '../model/define-model.ts';
import { type Layer, parameterOf, scaledNormal } from './layer.ts';

export interface DenseOptions {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Of the kernel; default: normal, variance 2 / in. */
  readonly initial?: Initializer;
  /** Starting value of the bias; default 0. */
  readonly biasValue?: number;
}

/** xNC [n, in] -> [n, out]: x times kernel, plus bias. */
export function dense(options: DenseOptions): Layer<tf.Tensor2D> {
  const { name, in: numIn, out: numOut, bias = true, initial = scaledNormal(numIn), biasValue = 0 } = options;
  const kernel = { name: `${name}.kernel`, shape: [numIn, numOut], initial };
  const offset = {
    name: `${name}.bias`,
    shape: [numOut],
    initial: { kind: 'constant', value: biasValue },
  } as const;
  return {
    tensors: bias ? [kernel, offset] : [kernel],
    apply(parameters, xNC) {
      const productNC: tf.Tensor2D = tf.matMul(xNC, parameterOf(parameters, kernel.name).as2D(numIn, numOut));
      return bias ? tf.add<tf.Tensor2D>(productNC, parameterOf(parameters, offset.name)) : productNC;
    },
  };
}

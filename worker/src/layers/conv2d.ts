import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Initializer } from '../model/define-model.ts';
import { type Layer, parameterOf, scaledNormal } from './layer.ts';

export interface Conv2dOptions {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** Side of the square kernel, pixels. */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default 'same'. */
  readonly padding?: 'same' | 'valid';
  /** Default true. */
  readonly bias?: boolean;
  /** Of the kernel; default: normal, variance 2 / (kernel^2 in). */
  readonly initial?: Initializer;
}

/** xNHWC [n, h, w, in] -> [n, h / stride, w / stride, out] ('same'). */
export function conv2d(options: Conv2dOptions): Layer<tf.Tensor4D> {
  const { name, in: numIn, out: numOut, kernel: side, stride = 1, padding = 'same', bias = true } = options;
  const initial = options.initial ?? scaledNormal(side * side * numIn);
  const kernel = { name: `${name}.kernel`, shape: [side, side, numIn, numOut], initial };
  const offset = { name: `${name}.bias`, shape: [numOut], initial: { kind: 'constant', value: 0 } } as const;
  return {
    tensors: bias ? [kernel, offset] : [kernel],
    apply(parameters, xNHWC) {
      const kernelHWIO = parameterOf(parameters, kernel.name).as4D(side, side, numIn, numOut);
      const mapNHWC = tf.conv2d(xNHWC, kernelHWIO, stride, padding);
      return bias ? tf.add(mapNHWC, parameterOf(parameters, offset.name)) : mapNHWC;
    },
  };
}

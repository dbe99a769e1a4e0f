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
  /** Default 'same': zeros. 'reflect' mirrors the image, so that the network cannot see where the border is. */
  readonly padding?: 'same' | 'valid' | 'reflect';
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
      const mapNHWC =
        padding === 'reflect'
          ? tf.conv2d(reflected(xNHWC, side, stride), kernelHWIO, stride, 'valid')
          : tf.conv2d(xNHWC, kernelHWIO, stride, padding);
      return bias ? tf.add(mapNHWC, parameterOf(parameters, offset.name)) : mapNHWC;
    },
  };
}

/** Padded as 'same' would, by reflection: [n, h + side - stride, w + side - stride, c]. */
function reflected(xNHWC: tf.Tensor4D, side: number, stride: number): tf.Tensor4D {
  const before = Math.floor((side - stride) / 2);
  const margin: [number, number] = [before, side - stride - before];
  return tf.mirrorPad(xNHWC, [[0, 0], margin, margin, [0, 0]], 'reflect');
}

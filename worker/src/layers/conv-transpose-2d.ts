import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Initializer } from '../model/define-model.ts';
import { type Layer, parameterOf, scaledNormal } from './layer.ts';

export interface ConvTranspose2dOptions {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** Side of the square kernel, pixels. A multiple of the stride avoids the worst checkerboards. */
  readonly kernel: number;
  /** Default 2. */
  readonly stride?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Of the kernel; default: normal, variance 2 / (kernel^2 in / stride^2), as each output pixel sees that many inputs. */
  readonly initial?: Initializer;
}

/** xNHWC [n, h, w, in] -> [n, h * stride, w * stride, out], padding 'same'. */
export function convTranspose2d(options: ConvTranspose2dOptions): Layer<tf.Tensor4D> {
  const { name, in: numIn, out: numOut, kernel: side, stride = 2, bias = true } = options;
  const initial = options.initial ?? scaledNormal((side * side * numIn) / (stride * stride));
  const kernel = { name: `${name}.kernel`, shape: [side, side, numOut, numIn], initial };
  const offset = { name: `${name}.bias`, shape: [numOut], initial: { kind: 'constant', value: 0 } } as const;
  return {
    tensors: bias ? [kernel, offset] : [kernel],
    apply(parameters, xNHWC) {
      const kernelHWOI = parameterOf(parameters, kernel.name).as4D(side, side, numOut, numIn);
      const [n, height, width] = xNHWC.shape;
      const outShape: [number, number, number, number] = [n, height * stride, width * stride, numOut];
      const mapNHWC = tf.conv2dTranspose(xNHWC, kernelHWOI, outShape, stride, 'same');
      return bias ? tf.add(mapNHWC, parameterOf(parameters, offset.name)) : mapNHWC;
    },
  };
}

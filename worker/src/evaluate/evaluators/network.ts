import { flatLayoutOf, sizeOf } from '@atelier/shared/layout/flat-layout';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { ImageShape, TensorSpec, Tensors } from '../../model/define-model.ts';

/** A classifier of pictures, as data: its tensors and a pure function of them. */
export interface Network {
  readonly name: string;
  readonly tensors: readonly TensorSpec[];
  readonly input: ImageShape;
  readonly numClasses: number;
  /** imagesNHWC [n, s, s, 3] -> [n, classes] */
  logits(parameters: Tensors, imagesNHWC: tf.Tensor4D): tf.Tensor2D;
}

/** The parameters by name; the caller disposes them. @param flat as training gives them */
export function tensorsOfNetwork({ tensors }: Pick<Network, 'tensors'>, flat: Float32Array): Tensors {
  const layout = flatLayoutOf(tensors);
  return Object.fromEntries(
    layout.tensors.map(({ name, shape, offset }) => [
      name,
      tf.tensor(flat.slice(offset, offset + sizeOf(shape)), [...shape]),
    ]),
  );
}

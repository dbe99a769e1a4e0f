import type * as tf from '@tensorflow/tfjs-node-gpu';
import type { NoiseSpec, Tensors } from '../../define-model.ts';

/** One painted batch, as the generator's loss sees it. */
export interface Painting {
  /** [n, s, s, 1] */
  readonly contentNHWC: tf.Tensor4D;
  /** [n, s, s, 3] */
  readonly styleNHWC: tf.Tensor4D;
  /** What was painted: [n, s, s, 3] */
  readonly imagesNHWC: tf.Tensor4D;
  readonly noise: Tensors;
}

/** A term of the generator's loss, reported by its name. */
export interface PaintingTerm {
  readonly name: string;
  readonly weight: number;
  readonly noise: Readonly<Record<string, NoiseSpec>>;
  valueOf(painting: Painting): tf.Scalar;
}

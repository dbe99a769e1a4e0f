import type * as tf from '@tensorflow/tfjs-node-gpu';
import type { NoiseSpec, TensorSpec, Tensors } from '../../model/define-model.ts';
import type { StyleReading } from './generator.ts';

/** One painted batch, as the generator's loss sees it. */
export interface Painting {
  /** [n, s, s, 1] */
  readonly contentNHWC: tf.Tensor4D;
  /** [n, s, s, 3] */
  readonly styleNHWC: tf.Tensor4D;
  /** What was painted: [n, s, s, 3] */
  readonly imagesNHWC: tf.Tensor4D;
  /** What the generator read of the styles. */
  readonly reading: StyleReading;
  /** The generator's, with the terms' own tensors among them. */
  readonly own: Tensors;
  readonly noise: Tensors;
}

/** A term of the generator's loss, reported by its name. */
export interface PaintingTerm {
  readonly name: string;
  readonly weight: number;
  /** For a batch of n. */
  noiseOf(n: number): Readonly<Record<string, NoiseSpec>>;
  /** Trained with the generator. */
  readonly tensors: readonly TensorSpec[];
  valueOf(painting: Painting): tf.Scalar;
}

import type * as tf from '@tensorflow/tfjs-node-gpu';
import type { z } from 'zod';

/**
 * A model is data: the tensors it trains, the phases that train them, and pure functions from tensors to tensors.
 * The functions own nothing and remember nothing; everything random comes in as noise. That is what lets any worker
 * compute any virtual worker's leaf, and lets a phase be recorded once into a graph and replayed.
 */
export interface Model {
  readonly name: string;
  /** Image domains by name, e.g. content, style, real. Values of a batch lie in [-1, 1]. */
  readonly domains: Readonly<Record<string, ImageShape>>;
  readonly groups: readonly ModelGroup[];
  /** One iteration, in order. A phase may stand in the list several times (nCritic). */
  readonly phases: readonly ModelPhase[];
  readonly generate: Generate;
  /** Lets a person see what the discriminator looks at. */
  readonly judge?: Judge;
}

/** Pixels and channels of a domain's images: batches are NHWC [batch, size, size, channels]. */
export interface ImageShape {
  readonly size: number;
  readonly channels: 1 | 3;
}

export interface ModelGroup {
  readonly name: string;
  readonly tensors: readonly TensorSpec[];
  readonly statistics?: readonly TensorSpec[];
}

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initializer;
}

export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly stddev: number }
  | { readonly kind: 'uniform'; readonly limit: number };

export interface NoiseSpec {
  /** Shape of one virtual worker's noise; the first dimension is usually the batch. */
  readonly shape: readonly number[];
  readonly distribution: 'normal' | 'uniform';
}

export type Tensors = Readonly<Record<string, tf.Tensor>>;
export type TensorsByGroup = Readonly<Record<string, Tensors>>;

export interface PhaseInputs {
  /** Parameters by group and name, those of the groups listed in `uses` (plus the updated one). */
  readonly parameters: TensorsByGroup;
  /** Batches by domain: NHWC, [-1, 1]. Only the domains in `reads`. */
  readonly batch: Readonly<Record<string, tf.Tensor4D>>;
  readonly noise: Tensors;
  /** From `variantOf`: lets a phase have a few different computations, e.g. with and without lazy R1. */
  readonly variant: string;
}

export interface PhaseOutputs {
  /** By the names of `losses`: scalars. The first is differentiated with respect to the group's parameters. */
  readonly losses: Tensors;
  /** New batch values of the group's statistics, by name. */
  readonly statistics?: Tensors;
}

export interface ModelPhase {
  readonly name: string;
  /** The group that this phase updates. */
  readonly group: string;
  /** Other groups whose parameters it needs. */
  readonly uses: readonly string[];
  readonly reads: readonly string[];
  readonly losses: readonly string[];
  noiseOf(batchSize: number): Readonly<Record<string, NoiseSpec>>;
  /** Default: always ''. Must depend on the iteration alone. */
  variantOf?(iteration: number): string;
  /** Pure, deterministic, differentiable. Called inside tidy: no disposing needed. */
  run(inputs: PhaseInputs): PhaseOutputs;
}

/** How a trained model makes images. Outputs are NHWC in [-1, 1]. */
export type Generate =
  | {
      readonly kind: 'stylize';
      readonly content: string;
      readonly style: string;
      readonly uses: readonly string[];
      /** contentNHWC [n,s,s,c], styleNHWC [n,s,s,3] -> [n,s,s,3] */
      run(
        parameters: TensorsByGroup,
        statistics: TensorsByGroup,
        contentNHWC: tf.Tensor4D,
        styleNHWC: tf.Tensor4D,
      ): tf.Tensor4D;
      /** Lets styles be mixed and compared, and contents of any size be painted. */
      readonly styles?: StyleReader;
    }
  | {
      readonly kind: 'noise';
      readonly noiseSize: number;
      readonly uses: readonly string[];
      /** noise [n, noiseSize] -> [n,s,s,c] */
      run(parameters: TensorsByGroup, statistics: TensorsByGroup, noise: tf.Tensor2D): tf.Tensor4D;
    };

/** A generator in its two halves: what it reads of a style, and how it paints with that. */
export interface StyleReader {
  /** Height and width of a content are multiples of it. */
  readonly sizeStep: number;
  /** Which tensor of a reading is the style code [n, length]. */
  readonly code: string;
  /** styleNHWC [n,s,s,3] -> tensors whose first dimension is n */
  read(parameters: TensorsByGroup, statistics: TensorsByGroup, styleNHWC: tf.Tensor4D): Tensors;
  /** Readings of n styles, weightsRN [r, n] with rows that sum to 1 -> r readings. A row with a single 1 is that style. */
  mix(readings: Tensors, weightsRN: tf.Tensor2D): Tensors;
  /** contentNHWC [n,h,w,c], n readings -> [n,h,w,3]; at the domain's size what `run` gives. */
  paint(
    parameters: TensorsByGroup,
    statistics: TensorsByGroup,
    contentNHWC: tf.Tensor4D,
    readings: Tensors,
  ): tf.Tensor4D;
}

/** The discriminator's opinion of finished images. */
export interface Judge {
  readonly uses: readonly string[];
  /**
   * imagesNHWC as `generate` makes them; styleNHWC what they were to be painted like, for a model that stylizes.
   * @returns logits [n, 1], higher for what looks real; differentiable
   */
  run(parameters: TensorsByGroup, imagesNHWC: tf.Tensor4D, styleNHWC: tf.Tensor4D | undefined): tf.Tensor2D;
}

/** What a model module exports: `export default defineModel({ name, options, create })`. */
export interface ModelFactory<Options = unknown> {
  readonly name: string;
  /** Schema of `model.options` in the config; defaults live here. */
  readonly options: z.ZodType<Options>;
  create(options: Options, context: { readonly batchSize: number }): Model;
}

export function defineModel<Options>(factory: ModelFactory<Options>): ModelFactory<Options> {
  return factory;
}

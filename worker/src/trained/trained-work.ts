// What a trained model is asked for, and what it answers: plain values, which go from one thread to another.

/** Flat buffers by group: parameters (or their moving averages) to compute with, and running statistics. */
export interface TrainedFlats {
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly statistics: Readonly<Record<string, Float32Array>>;
}

export interface RenderWork extends TrainedFlats {
  readonly inputs: RenderInputs;
}

/** Images NHWC in [-1, 1], noise [n, noiseSize]. */
export type RenderInputs = PlainInputs | MixedInputs;

export type PlainInputs =
  | { readonly kind: 'stylize'; readonly content: Float32Array; readonly style: Float32Array }
  | { readonly kind: 'noise'; readonly noise: Float32Array };

/** Contents of any size, each painted in a mix of styles. For models that read styles apart. */
export interface MixedInputs {
  readonly kind: 'mixed';
  /** [n, height, width, channels] */
  readonly content: Float32Array;
  readonly height: number;
  readonly width: number;
  /** [s, size, size, 3] */
  readonly styles: Float32Array;
  /** [n, s]: rows that sum to 1 */
  readonly weights: Float32Array;
}

export interface StyleCodeWork extends TrainedFlats {
  /** [s, size, size, 3] */
  readonly styles: Float32Array;
}

export interface JudgeInputs {
  /** As the model's `generate` makes them. */
  readonly images: Float32Array;
  readonly shape: readonly [number, number, number, number];
  /** As many styles, for a model that stylizes. */
  readonly styles: Float32Array | undefined;
}

export interface JudgedImages {
  /** One for each image. */
  readonly logits: Float32Array;
  /** [n, height, width] */
  readonly saliency: Float32Array;
}

/** NHWC in [-1, 1]. */
export interface RenderedImages {
  readonly pixels: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

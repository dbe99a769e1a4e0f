import type * as tf from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { type Augmentation, augmentations, augmentNoise, diffAugment } from '../layers/diff-augment.ts';
import { spectrallyNormalised } from '../layers/spectral-norm.ts';
import type { NoiseSpec, Tensors } from '../model/define-model.ts';
import { named } from '../model/named.ts';

/** What keeps a discriminator of any model in bounds; part of a preset's options. */
export const discriminatorLeversShape = {
  augment: z
    .array(z.enum(augmentations))
    .default([])
    .describe('DiffAugment: what is done to all that the discriminator sees.'),
  spectralNorm: z.boolean().default(false).describe("Of the discriminator's kernels."),
};

export interface DiscriminatorLevers {
  readonly augment: readonly Augmentation[];
  readonly spectralNorm: boolean;
}

/** The discriminator's parameters as it computes with them. */
export function effectiveParameters({ spectralNorm }: DiscriminatorLevers, own: Tensors): Tensors {
  return spectralNorm ? spectrallyNormalised(own) : own;
}

/** @param names of the noise, one for each draw that a phase needs */
export function augmentNoiseOf(
  { augment }: DiscriminatorLevers,
  n: number,
  ...names: readonly string[]
): Readonly<Record<string, NoiseSpec>> {
  return augment.length === 0 ? {} : Object.fromEntries(names.map((name) => [name, augmentNoise(n)]));
}

/** @param name of the draw in `noise` */
export function augmented(
  { augment }: DiscriminatorLevers,
  imagesNHWC: tf.Tensor4D,
  noise: Tensors,
  name: string,
): tf.Tensor4D {
  return augment.length === 0 ? imagesNHWC : diffAugment(imagesNHWC, named(noise, name), augment);
}

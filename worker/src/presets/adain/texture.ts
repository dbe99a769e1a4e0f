import * as tf from '@tensorflow/tfjs-node-gpu';
import { gramLoss } from '../../layers/gram-loss.ts';
import { randomFeatures } from '../../layers/random-features.ts';
import { slicedDistance } from '../../layers/sliced-distance.ts';
import { downsample2x } from '../../layers/upsample.ts';
import type { NoiseSpec } from '../../model/define-model.ts';
import { named } from '../../model/named.ts';
import type { AdainOptions } from './options.ts';
import type { PaintingTerm } from './painting-term.ts';

/** By the name of their noise: the side of the patches that are compared, pixels. */
const PATCHES = { colourKernels: 1, textureKernels: 5 } as const;

/** The sliced distance of pixels and of 5x5 patches to the style image, added up over its sizes. */
export function textureTerm(options: AdainOptions): PaintingTerm {
  const { textureProjections, textureScales } = options;
  const scales = Array.from({ length: textureScales }, (_, scale) =>
    Object.entries(PATCHES).map(([name, patch]) => ({ name: `${name}${scale > 0 ? scale : ''}`, patch })),
  );
  const specOf = (patch: number): NoiseSpec => ({
    shape: [patch, patch, 3, textureProjections],
    distribution: 'normal',
  });
  return {
    name: 'texture',
    weight: options.textureWeight,
    tensors: [],
    noiseOf: () => Object.fromEntries(scales.flat().map(({ name, patch }) => [name, specOf(patch)])),
    valueOf({ imagesNHWC, styleNHWC, noise }) {
      let pair = [imagesNHWC, styleNHWC] as const;
      const distances = scales.flatMap((kernels, scale) => {
        if (scale > 0) pair = [downsample2x(pair[0]), downsample2x(pair[1])];
        return kernels.map(({ name }) => slicedDistance(...pair, named(noise, name) as tf.Tensor4D));
      });
      return tf.addN<tf.Scalar>(distances);
    },
  };
}

/** Which random features occur together, as in the style image. */
export function textureFeaturesTerm(options: AdainOptions): PaintingTerm {
  return {
    name: 'textureFeatures',
    weight: options.textureFeaturesWeight,
    tensors: [],
    noiseOf: () => ({}),
    valueOf: ({ imagesNHWC, styleNHWC }) => gramLoss(randomFeatures(imagesNHWC), randomFeatures(styleNHWC)),
  };
}

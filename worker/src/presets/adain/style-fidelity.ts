import * as tf from '@tensorflow/tfjs-node-gpu';
import { detach } from '../../layers/detach.ts';
import { lumaOf } from '../../layers/luma.ts';
import type { StylizingGenerator } from './generator.ts';
import type { AdainOptions } from './options.ts';
import type { PaintingTerm } from './painting-term.ts';

/** The code read of a painting is that of its style, which is not moved towards it (Huang et al. 2018, MUNIT, eq. 3). */
export function styleCodeTerm(options: AdainOptions, generator: StylizingGenerator): PaintingTerm {
  return {
    name: 'styleCode',
    weight: options.styleCodeWeight,
    tensors: [],
    noiseOf: () => ({}),
    valueOf: ({ imagesNHWC, reading, own }) =>
      tf.mean(tf.abs(tf.sub(generator.read(own, imagesNHWC).codeNC, detach(reading.codeNC)))),
  };
}

/** A style image's grey painted in its own style is that image (Taigman et al. 2017, DTN; Zhu et al. 2017, 5.2). */
export function identityTerm(options: AdainOptions, generator: StylizingGenerator): PaintingTerm {
  return {
    name: 'identity',
    weight: options.identityWeight,
    tensors: [],
    noiseOf: () => ({}),
    valueOf: ({ styleNHWC, reading, own }) =>
      tf.mean(tf.abs(tf.sub(generator.paint(own, lumaOf(styleNHWC), reading), styleNHWC))),
  };
}

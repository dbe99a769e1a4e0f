import * as tf from '@tensorflow/tfjs-node-gpu';
import { dense } from '../../layers/dense.ts';
import { detach } from '../../layers/detach.ts';
import { tensorsOf } from '../../layers/layer.ts';
import { lumaOf } from '../../layers/luma.ts';
import type { Tensors } from '../../model/define-model.ts';
import type { StylizingGenerator } from './generator.ts';
import type { AdainOptions } from './options.ts';
import type { PaintingTerm } from './painting-term.ts';

/** Length of what is compared of a place. */
const LENGTH = 64;
const TEMPERATURE = 0.07;

/**
 * Of all places of the encoder's last map, the one that a painted place shows is to be told by its features: Park et al.
 * 2020, "Contrastive learning for unpaired image-to-image translation" (CUT), eq. 2 and 3, with the painting's luma in the
 * encoder, all places of one image as each other's negatives, and no canvas, by which places would know themselves.
 */
export function patchNceTerm(options: AdainOptions, generator: StylizingGenerator): PaintingTerm {
  const hidden = dense({ name: 'nce.hidden', in: 2 * options.channels, out: LENGTH });
  const feature = dense({ name: 'nce.feature', in: LENGTH, out: LENGTH });

  /** [n, h, w, c] -> unit vectors [n, h * w, LENGTH] */
  const placesOf = (own: Tensors, mapNHWC: tf.Tensor4D): tf.Tensor3D => {
    const [n, height, width, channels] = mapNHWC.shape;
    const rowsPC = mapNHWC.reshape<tf.Tensor2D>([n * height * width, channels]);
    const featuresPL = feature.apply(own, tf.relu(hidden.apply(own, rowsPC)));
    const lengthP1 = tf.sqrt(tf.add(tf.sum(tf.square(featuresPL), 1, true), 1e-8));
    return tf.div(featuresPL, lengthP1).reshape([n, height * width, LENGTH]);
  };

  return {
    name: 'patchNce',
    weight: options.patchNceWeight,
    tensors: tensorsOf([hidden, feature]),
    noiseOf: () => ({}),
    valueOf({ contentNHWC, imagesNHWC, reading, own }) {
      const plain = { ...reading, canvasNHWC: tf.zerosLike(reading.canvasNHWC) };
      const placesAt = (greyNHWC: tf.Tensor4D): tf.Tensor3D =>
        placesOf(own, generator.encode(own, greyNHWC, plain).at(-1) ?? greyNHWC);
      const painted = placesAt(lumaOf(imagesNHWC));
      const seen = detach(placesAt(contentNHWC));
      // Similarities are at most 1 / TEMPERATURE, so their exponentials do not overflow.
      const similarityNPP = tf.div(tf.matMul(painted, seen, false, true), TEMPERATURE);
      const rightNP = tf.div(tf.sum(tf.mul(painted, seen), 2), TEMPERATURE);
      return tf.mean(tf.sub(tf.log(tf.sum(tf.exp(similarityNPP), 2)), rightNP));
    },
  };
}

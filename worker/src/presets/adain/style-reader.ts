import * as tf from '@tensorflow/tfjs-node-gpu';
import type { StyleReader } from '../../model/define-model.ts';
import { named } from '../../model/named.ts';
import type { StylizingGenerator } from './generator.ts';

/** The generator is convolutional and its canvas repeats without a seam: so it paints contents of other sizes, too. */
export function styleReaderOf(generator: StylizingGenerator): StyleReader {
  return {
    sizeStep: 4,
    code: 'code',
    read(parameters, _statistics, styleNHWC) {
      const { codeNC, canvasNHWC } = generator.read(named(parameters, 'generator'), styleNHWC);
      return { code: codeNC, canvas: canvasNHWC };
    },
    mix: (readings, weightsRN) => ({
      code: tf.matMul(weightsRN, named(readings, 'code') as tf.Tensor2D),
      canvas: mixedCanvas(named(readings, 'canvas') as tf.Tensor4D, weightsRN),
    }),
    paint(parameters, _statistics, contentNHWC, readings) {
      const [, height, width] = contentNHWC.shape;
      const codeNC = named(readings, 'code') as tf.Tensor2D;
      const canvasNHWC = repeated(named(readings, 'canvas') as tf.Tensor4D, height, width);
      return generator.paint(named(parameters, 'generator'), contentNHWC, { codeNC, canvasNHWC });
    },
  };
}

/**
 * The weighted mean of colours and of textures, the latter as strong as the single ones are: waves of different images
 * have nothing to do with each other, so a plain mean of many would be flat.
 */
function mixedCanvas(canvasNHWC: tf.Tensor4D, weightsRN: tf.Tensor2D): tf.Tensor4D {
  const [n, height, width, channels] = canvasNHWC.shape;
  const colourN11C = tf.mean(canvasNHWC, [1, 2], true);
  const textureNHWC = tf.sub(canvasNHWC, colourN11C);
  const strengthR1 = tf.sqrt(tf.sum(tf.square(weightsRN), 1, true));
  const colours = tf.matMul(weightsRN, colourN11C.reshape([n, channels]));
  const textures = tf.matMul(tf.div<tf.Tensor2D>(weightsRN, strengthR1), textureNHWC.reshape([n, -1]));
  return tf.add(textures.reshape([-1, height, width, channels]), colours.reshape([-1, 1, 1, channels]));
}

function repeated(canvasNHWC: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [n, ownHeight, ownWidth, channels] = canvasNHWC.shape;
  if (ownHeight === height && ownWidth === width) return canvasNHWC;
  const tiles = [1, Math.ceil(height / ownHeight), Math.ceil(width / ownWidth), 1];
  return tf.slice(tf.tile(canvasNHWC, tiles), [0, 0, 0, 0], [n, height, width, channels]);
}

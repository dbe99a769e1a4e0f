import * as tf from '@tensorflow/tfjs-node-gpu';
import { conv2d } from '../../layers/conv2d.ts';
import { dense } from '../../layers/dense.ts';
import { adaptiveNorm, instanceNorm } from '../../layers/instance-norm.ts';
import { scaledNormal, tensorsOf } from '../../layers/layer.ts';
import { leakyRelu } from '../../layers/leaky-relu.ts';
import { scramblePhases } from '../../layers/scramble-phases.ts';
import { styledResidualBlock } from '../../layers/styled-residual-block.ts';
import { downsample2x, upsample2x } from '../../layers/upsample.ts';
import type { TensorSpec, Tensors } from '../../model/define-model.ts';

export interface GeneratorOptions {
  /** Side of the images, pixels; the bottleneck is a quarter of it. */
  readonly size: number;
  /** Channels at half the size; twice as many at the bottleneck, 3/4 as many at full size. */
  readonly channels: number;
  readonly codeSize: number;
  readonly residualBlocks: number;
  /** Stages after the bottleneck that see the grey content; the encoder always does. */
  readonly contentSkip: readonly ContentSkip[];
}

export const contentSkips = ['half', 'full'] as const;
export type ContentSkip = (typeof contentSkips)[number];

/** What is kept of a style image: statistics, and a texture with the same spectrum. Neither holds its layout. */
export interface StyleReading {
  /** [n, code] */
  readonly codeNC: tf.Tensor2D;
  /** [n, s, s, 3] */
  readonly canvasNHWC: tf.Tensor4D;
}

export interface StylizingGenerator {
  readonly tensors: readonly TensorSpec[];
  /** styleNHWC [n, s, s, 3]; turnsNK as for `scramblePhases` */
  read(parameters: Tensors, styleNHWC: tf.Tensor4D, turnsNK?: tf.Tensor): StyleReading;
  /** contentNHWC [n, s, s, 1] -> [n, s, s, 3] in [-1, 1] */
  paint(parameters: Tensors, contentNHWC: tf.Tensor4D, style: StyleReading): tf.Tensor4D;
  /** The encoder's maps: contentNHWC [n, s, s, 1] -> [n, s/2, s/2, c], [n, s/4, s/4, 2c] */
  encode(parameters: Tensors, contentNHWC: tf.Tensor4D, style: StyleReading): readonly tf.Tensor4D[];
}

/** Colours of the canvas. */
const CANVAS = 3;
/** Makes the canvas as strong as the normalised features beside it. */
const CANVAS_GAIN = 2;

/**
 * Content encoder with instance norm -> residual blocks with AdaIN -> nearest upsampling, convolution and AdaIN,
 * twice -> convolution, tanh. The encoder and, unless `contentSkip` leaves it out, every stage after the bottleneck see, at
 * their own size, the grey content, so that strokes stay sharp, and the style's canvas, out of which textures are made. All convolutions that paint
 * reflect at the border: with zeros there every painting gets a frame.
 *
 * The style enters as pooled statistics and as a texture whose waves were moved: neither holds the style's layout.
 */
export function stylizingGenerator(options: GeneratorOptions): StylizingGenerator {
  const { channels: c, codeSize: code, residualBlocks } = options;
  const fine = (c * 3) / 4;
  const seenAt = (stage: ContentSkip): number => (options.contentSkip.includes(stage) ? 1 : 0);
  const style = [
    conv2d({ name: 'style.0', in: 3, out: c, kernel: 4, stride: 2 }),
    conv2d({ name: 'style.1', in: c, out: 2 * c, kernel: 4, stride: 2 }),
  ];
  const numPooled = 2 * (3 + c + 2 * c);
  const styleHidden = dense({ name: 'style.hidden', in: numPooled, out: code });
  const styleCode = dense({ name: 'style.code', in: code, out: code, initial: scaledNormal(code, 1) });
  const encoder = [
    conv2d({
      name: 'encoder.0',
      in: 1 + CANVAS,
      out: c,
      kernel: 4,
      stride: 2,
      padding: 'reflect',
      bias: false,
    }),
    conv2d({ name: 'encoder.1', in: c, out: 2 * c, kernel: 4, stride: 2, padding: 'reflect', bias: false }),
  ];
  const blocks = Array.from({ length: residualBlocks }, (_, k) =>
    styledResidualBlock({ name: `block.${k}`, channels: 2 * c, code }),
  );
  const half = conv2d({
    name: 'half.conv',
    in: 2 * c + seenAt('half') + CANVAS,
    out: c,
    kernel: 3,
    padding: 'reflect',
    bias: false,
  });
  const halfNorm = adaptiveNorm({ name: 'half.norm', channels: c, code });
  const full = conv2d({
    name: 'full.conv',
    in: c + seenAt('full') + CANVAS,
    out: fine,
    kernel: 3,
    padding: 'reflect',
    bias: false,
  });
  const fullNorm = adaptiveNorm({ name: 'full.norm', channels: fine, code });
  const colour = conv2d({
    name: 'colour',
    in: fine + seenAt('full') + CANVAS,
    out: 3,
    kernel: 5,
    padding: 'reflect',
    initial: scaledNormal(25 * fine, 0.7),
  });

  function encode(
    parameters: Tensors,
    contentNHWC: tf.Tensor4D,
    { canvasNHWC }: StyleReading,
  ): tf.Tensor4D[] {
    let mapNHWC: tf.Tensor4D = tf.concat([contentNHWC, canvasNHWC], 3);
    return encoder.map((conv) => {
      mapNHWC = tf.relu(instanceNorm(conv.apply(parameters, mapNHWC)));
      return mapNHWC;
    });
  }

  return {
    encode,
    tensors: tensorsOf([
      ...style,
      styleHidden,
      styleCode,
      ...encoder,
      ...blocks,
      half,
      halfNorm,
      full,
      fullNorm,
      colour,
    ]),
    read(parameters, styleNHWC, turnsNK) {
      const pooled = [pool(styleNHWC)];
      let mapNHWC = styleNHWC;
      for (const conv of style) {
        mapNHWC = leakyRelu(conv.apply(parameters, mapNHWC));
        pooled.push(pool(mapNHWC));
      }
      const hiddenNC = leakyRelu(styleHidden.apply(parameters, tf.concat(pooled, 1) as tf.Tensor2D));
      return {
        codeNC: styleCode.apply(parameters, hiddenNC),
        canvasNHWC: tf.mul(scramblePhases(styleNHWC, turnsNK), CANVAS_GAIN),
      };
    },
    paint(parameters, contentNHWC, reading) {
      const { codeNC, canvasNHWC } = reading;
      const skip = (stage: ContentSkip, greyNHWC: tf.Tensor4D): tf.Tensor4D[] =>
        seenAt(stage) === 1 ? [greyNHWC] : [];
      let mapNHWC = encode(parameters, contentNHWC, reading).at(-1) ?? contentNHWC;
      for (const block of blocks) mapNHWC = block.apply(parameters, mapNHWC, codeNC);
      const halfNHWC = tf.concat(
        [upsample2x(mapNHWC), ...skip('half', downsample2x(contentNHWC)), downsample2x(canvasNHWC)],
        3,
      );
      mapNHWC = leakyRelu(halfNorm.apply(parameters, half.apply(parameters, halfNHWC), codeNC));
      const fullNHWC = tf.concat([upsample2x(mapNHWC), ...skip('full', contentNHWC), canvasNHWC], 3);
      mapNHWC = leakyRelu(fullNorm.apply(parameters, full.apply(parameters, fullNHWC), codeNC));
      const paintedNHWC = tf.concat([mapNHWC, ...skip('full', contentNHWC), canvasNHWC], 3);
      return tf.tanh(colour.apply(parameters, paintedNHWC as tf.Tensor4D));
    },
  };
}

/** Mean and standard deviation of each channel: [n, h, w, c] -> [n, 2c]. */
function pool(mapNHWC: tf.Tensor4D): tf.Tensor2D {
  const { mean, variance } = tf.moments(mapNHWC, [1, 2]);
  return tf.concat([mean as tf.Tensor2D, tf.sqrt(tf.add(variance, 1e-4)) as tf.Tensor2D], 1);
}

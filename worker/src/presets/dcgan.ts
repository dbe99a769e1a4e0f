import * as tf from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { batchNorm } from '../layers/batch-norm.ts';
import { convTranspose2d } from '../layers/conv-transpose-2d.ts';
import { conv2d } from '../layers/conv2d.ts';
import { dense } from '../layers/dense.ts';
import { tensorsOf } from '../layers/layer.ts';
import { leakyRelu } from '../layers/leaky-relu.ts';
import { defineModel, type ModelFactory, type PhaseInputs, type Tensors } from '../model/define-model.ts';
import { named } from '../model/named.ts';
import { type GameOptions, gameOptionsShape } from '../objectives/game.ts';
import { NOISE_SIZE, noiseGanOf } from './noise-gan.ts';

export interface DcganOptions extends GameOptions {
  /** C: feature maps of the widest layers, in 1s, 2s and 4s. 64 gives 1,731,456 parameters with colour images. */
  readonly width: number;
  /** Of the images. */
  readonly channels: 1 | 3;
}

/** Radford et al., 2016, section 4: all kernels from a normal of this deviation. */
const INITIAL = { kind: 'normal', stddev: 0.02 } as const;

/**
 * Noise to 32 x 32 images, after Radford et al., 2016, without biases. One D step and one G step an iteration.
 *
 * G: dense 100 -> 4x4x4C, BN, ReLU; convT 4x4 s2 4C -> 2C, BN, ReLU; 2C -> C, BN, ReLU; C -> image, tanh.
 * D: conv 4x4 s2 image -> C, C -> 2C, 2C -> 4C, each leaky ReLU 0.2; dense -> 1.
 */
export const dcgan32: ModelFactory<DcganOptions> = defineModel({
  name: 'dcgan-32',
  options: z.strictObject({
    width: z.number().int().positive().default(64),
    channels: z.union([z.literal(1), z.literal(3)]).default(3),
    ...gameOptionsShape({ objective: 'non-saturating', nCritic: 1 }),
  }),
  create(options) {
    const generator = generatorOf(options);
    const discriminator = discriminatorOf(options);
    const realOf = (batch: PhaseInputs['batch']) => named(batch, 'real');
    return {
      name: 'dcgan-32',
      domains: { real: { size: 32, channels: options.channels } },
      ...noiseGanOf({ generator, discriminator, reads: ['real'], realOf }, options),
      generate: {
        kind: 'noise',
        noiseSize: NOISE_SIZE,
        uses: ['generator'],
        run: (parameters, statistics, noise) =>
          generator.generate(named(parameters, 'generator'), named(statistics, 'generator'), noise),
      },
    };
  },
});

function generatorOf({ width, channels }: DcganOptions) {
  const project = dense({
    name: 'project',
    in: NOISE_SIZE,
    out: 16 * 4 * width,
    bias: false,
    initial: INITIAL,
  });
  const widths = [4 * width, 2 * width, width];
  const blocks = widths.map((numIn, i) => ({
    norm: batchNorm({ name: `norm.${i}`, channels: numIn }),
    up: convTranspose2d({
      name: `up.${i}`,
      in: numIn,
      out: widths[i + 1] ?? channels,
      kernel: 4,
      bias: false,
      initial: INITIAL,
    }),
  }));
  const start = (parameters: Tensors, zNL: tf.Tensor): tf.Tensor4D =>
    project.apply(parameters, zNL.as2D(-1, NOISE_SIZE)).reshape([-1, 4, 4, 4 * width]);

  return {
    tensors: tensorsOf([project, ...blocks.flatMap(({ norm, up }) => [norm, up])]),
    statistics: blocks.flatMap(({ norm }) => norm.statistics),
    train(parameters: Tensors, zNL: tf.Tensor) {
      let x = start(parameters, zNL);
      const statistics: Record<string, tf.Tensor> = {};
      for (const { norm, up } of blocks) {
        const normalised = norm.train(parameters, x);
        Object.assign(statistics, normalised.batchStatistics);
        x = up.apply(parameters, tf.relu(normalised.x));
      }
      return { imagesNHWC: tf.tanh(x), statistics };
    },
    generate(parameters: Tensors, statistics: Tensors, zNL: tf.Tensor): tf.Tensor4D {
      let x = start(parameters, zNL);
      for (const { norm, up } of blocks)
        x = up.apply(parameters, tf.relu(norm.generate(parameters, statistics, x)));
      return tf.tanh(x);
    },
  };
}

function discriminatorOf({ width, channels }: DcganOptions) {
  const widths = [channels, width, 2 * width, 4 * width];
  const downs = widths.slice(1).map((out, i) =>
    conv2d({
      name: `down.${i}`,
      in: widths[i] ?? channels,
      out,
      kernel: 4,
      stride: 2,
      bias: false,
      initial: INITIAL,
    }),
  );
  const judge = dense({ name: 'judge', in: 16 * 4 * width, out: 1, bias: false, initial: INITIAL });
  return {
    tensors: tensorsOf([...downs, judge]),
    /** xNHWC -> logits [n, 1] */
    apply(parameters: Tensors, xNHWC: tf.Tensor4D): tf.Tensor2D {
      let x = xNHWC;
      for (const down of downs) x = leakyRelu(down.apply(parameters, x));
      return judge.apply(parameters, x.reshape([-1, 16 * 4 * width]));
    },
  };
}

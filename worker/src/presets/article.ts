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

export interface ArticleOptions extends GameOptions {
  /** Side of the images, pixels. */
  readonly size: number;
  /** Factor on the tables' widths. */
  readonly width: number;
  /** Of the content images; style images have 3. */
  readonly contentChannels: 1 | 3;
  /** Every row of the tables, and not only those that reach the size. */
  readonly allRows: boolean;
  /** Batch norm in the discriminator, as printed. */
  readonly discriminatorNorm: boolean;
}

const START_SIZE = 4;
const START_WIDTH = 128;
/** The first row has stride 1, the others 2. */
const GENERATOR_WIDTHS = [128, 128, 256, 256, 512, 512, 1024, 1024];
/** All of stride 2. */
const DISCRIMINATOR_WIDTHS = [64, 64, 128, 128, 256, 256, 512, 512];

/**
 * The networks of the article that this project comes from, made consistent. G: dense 100 -> 4x4x128, transposed
 * convolutions 4x4 with ReLU then batch norm, convolution 7x7, tanh. D: convolutions 4x4 of stride 2 with leaky ReLU
 * then batch norm, dense -> 1. Minimax, five D steps for each G step.
 *
 * What differs from the print, which cannot run (G makes 512x512x1 and D takes 64x64x3; noise of 100 and of 2048):
 * - The noise has length 100.
 * - G's rows are taken from the top until `size` is reached; D's until the map is 4x4. With `allRows` all eight of
 *   each are there: G's rows after the size is reached have stride 1, D's go on down to 1x1.
 * - The article shows D a content and a style image concatenated on the channel axis. The real pair is one example
 *   of each domain, so G makes such a pair too: its first channels are the content image, the last three the style.
 *   A sample shows the two side by side.
 * - Leaky ReLU has slope 0.2; the print gives none.
 */
export const article: ModelFactory<ArticleOptions> = articleFactory('article', { size: 32, allRows: false });

/** The full tables at 64 pixels: 42,304,901 parameters. For a GPU. */
export const articleFull: ModelFactory<ArticleOptions> = articleFactory('article-full', {
  size: 64,
  allRows: true,
});

function articleFactory(name: string, defaults: { readonly size: number; readonly allRows: boolean }) {
  const options = z
    .strictObject({
      size: z
        .number()
        .refine((size) => [8, 16, 32, 64, 128, 256, 512].includes(size), 'a power of two from 8 to 512')
        .default(defaults.size),
      width: z.number().positive().max(1).default(1),
      contentChannels: z.union([z.literal(1), z.literal(3)]).default(1),
      allRows: z.boolean().default(defaults.allRows),
      discriminatorNorm: z.boolean().default(true),
      ...gameOptionsShape({ objective: 'minimax', nCritic: 5 }),
    })
    .refine((game) => !game.discriminatorNorm || (game.objective !== 'wgan-gp' && game.r1 === undefined), {
      path: ['discriminatorNorm'],
      message:
        'a gradient penalty needs a discriminator without batch normalization: set discriminatorNorm to false',
    });
  return defineModel<ArticleOptions>({ name, options, create: (options) => createArticle(name, options) });
}

function createArticle(name: string, options: ArticleOptions) {
  const { size, contentChannels } = options;
  const generator = generatorOf(options);
  const discriminator = discriminatorOf(options);
  const realOf = (batch: PhaseInputs['batch']) =>
    tf.concat([named(batch, 'content'), named(batch, 'style')], 3);

  /** Content and style side by side -> the pair on the channel axis. */
  const shownAs = (imagesNHWC: tf.Tensor4D): tf.Tensor4D => {
    const [left, style] = tf.split(imagesNHWC, 2, 2) as [tf.Tensor4D, tf.Tensor4D];
    const content = contentChannels === 3 ? left : tf.mean<tf.Tensor4D>(left, 3, true);
    return tf.concat([content, style], 3);
  };

  return {
    name,
    domains: { content: { size, channels: contentChannels }, style: { size, channels: 3 } },
    ...noiseGanOf({ generator, discriminator, reads: ['content', 'style'], realOf, shownAs }, options),
    generate: {
      kind: 'noise',
      noiseSize: NOISE_SIZE,
      uses: ['generator'],
      /** -> [n, s, 2 s, 3]: content left, style right. */
      run(parameters, statistics, noise) {
        const pairs = generator.generate(
          named(parameters, 'generator'),
          named(statistics, 'generator'),
          noise,
        );
        const [content, style] = tf.split(pairs, [contentChannels, 3], 3) as [tf.Tensor4D, tf.Tensor4D];
        const coloured = contentChannels === 3 ? content : tf.concat([content, content, content], 3);
        return tf.concat([coloured, style], 2);
      },
    },
  } satisfies ReturnType<ModelFactory['create']>;
}

function generatorOf({ size, width, contentChannels, allRows }: ArticleOptions) {
  const numDoublings = Math.log2(size / START_SIZE);
  const widths = (allRows ? GENERATOR_WIDTHS : GENERATOR_WIDTHS.slice(0, 1 + numDoublings)).map(
    scaledBy(width),
  );
  const startWidth = scaledBy(width)(START_WIDTH);
  const project = dense({ name: 'project', in: NOISE_SIZE, out: START_SIZE ** 2 * startWidth, bias: false });
  const rows = widths.map((out, i) => ({
    up: convTranspose2d({
      name: `up.${i}`,
      in: widths[i - 1] ?? startWidth,
      out,
      kernel: 4,
      stride: i >= 1 && i <= numDoublings ? 2 : 1,
    }),
    norm: batchNorm({ name: `norm.${i}`, channels: out }),
  }));
  const paint = conv2d({
    name: 'paint',
    in: widths.at(-1) ?? startWidth,
    out: contentChannels + 3,
    kernel: 7,
  });
  const start = (parameters: Tensors, zNL: tf.Tensor): tf.Tensor4D =>
    project.apply(parameters, zNL.as2D(-1, NOISE_SIZE)).reshape([-1, START_SIZE, START_SIZE, startWidth]);

  return {
    tensors: tensorsOf([project, ...rows.flatMap(({ up, norm }) => [up, norm]), paint]),
    statistics: rows.flatMap(({ norm }) => norm.statistics),
    train(parameters: Tensors, zNL: tf.Tensor) {
      let x = start(parameters, zNL);
      const statistics: Record<string, tf.Tensor> = {};
      for (const { up, norm } of rows) {
        const normalised = norm.train(parameters, tf.relu(up.apply(parameters, x)));
        Object.assign(statistics, normalised.batchStatistics);
        x = normalised.x;
      }
      return { imagesNHWC: tf.tanh(paint.apply(parameters, x)), statistics };
    },
    generate(parameters: Tensors, statistics: Tensors, zNL: tf.Tensor): tf.Tensor4D {
      let x = start(parameters, zNL);
      for (const { up, norm } of rows) {
        x = norm.generate(parameters, statistics, tf.relu(up.apply(parameters, x)));
      }
      return tf.tanh(paint.apply(parameters, x));
    },
  };
}

function discriminatorOf({ size, width, contentChannels, allRows, discriminatorNorm }: ArticleOptions) {
  const numHalvings = allRows ? DISCRIMINATOR_WIDTHS.length : Math.log2(size / START_SIZE);
  const widths = DISCRIMINATOR_WIDTHS.slice(0, numHalvings).map(scaledBy(width));
  const endSize = Math.max(1, size / 2 ** numHalvings);
  const flatSize = endSize ** 2 * (widths.at(-1) ?? 0);
  const rows = widths.map((out, i) => ({
    down: conv2d({ name: `down.${i}`, in: widths[i - 1] ?? contentChannels + 3, out, kernel: 4, stride: 2 }),
    norm: discriminatorNorm ? batchNorm({ name: `norm.${i}`, channels: out }) : undefined,
  }));
  const judge = dense({ name: 'judge', in: flatSize, out: 1 });
  return {
    tensors: tensorsOf([...rows.flatMap(({ down, norm }) => (norm ? [down, norm] : [down])), judge]),
    /**
     * pairsNHWC -> logits [n, 1]. Norms with the batch's own moments: D never runs outside of training, so it has
     * no running statistics.
     */
    apply(parameters: Tensors, pairsNHWC: tf.Tensor4D): tf.Tensor2D {
      let x = pairsNHWC;
      for (const { down, norm } of rows) {
        const activated = leakyRelu(down.apply(parameters, x));
        x = norm === undefined ? activated : norm.train(parameters, activated).x;
      }
      return judge.apply(parameters, x.reshape([-1, flatSize]));
    },
  };
}

function scaledBy(factor: number): (width: number) => number {
  return (width) => Math.max(1, Math.round(width * factor));
}

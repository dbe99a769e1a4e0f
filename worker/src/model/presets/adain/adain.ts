import * as tf from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { cropAt } from '../../../layers/crop.ts';
import { slicedDistance } from '../../../layers/sliced-distance.ts';
import {
  defineModel,
  type Model,
  type ModelFactory,
  type NoiseSpec,
  type Tensors,
} from '../../define-model.ts';
import { stylizingGenerator } from './generator.ts';
import { legibilityOf } from './legibility.ts';
import { patchDiscriminator } from './patch-discriminator.ts';

const optionsSchema = z.strictObject({
  channels: z
    .number()
    .int()
    .positive()
    .multipleOf(4)
    .default(32)
    .describe('Generator channels at half the image size.'),
  codeSize: z.number().int().positive().default(64).describe('Length of the style code.'),
  residualBlocks: z.number().int().nonnegative().default(2),
  discriminatorChannels: z.number().int().positive().default(32),
  crops: z
    .number()
    .int()
    .positive()
    .default(2)
    .describe('Patches judged of each image, half the image size each.'),
  references: z.number().int().positive().default(2).describe('Patches of the style image to judge against.'),
  adversarialWeight: z.number().nonnegative().default(1),
  legibilityWeight: z
    .number()
    .nonnegative()
    .default(4)
    .describe('How firmly the content must stay readable.'),
  legibilityTarget: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('Share of the colour variance that content may explain before it is enough.'),
  textureWeight: z
    .number()
    .nonnegative()
    .default(4)
    .describe('Sliced Wasserstein distance to the style image.'),
  textureProjections: z.number().int().positive().default(16),
  r1Gamma: z.number().nonnegative().default(1),
  r1Interval: z
    .number()
    .int()
    .positive()
    .default(8)
    .describe('R1 on every k-th iteration, k times as strong.'),
  randomPolarity: z.boolean().default(false).describe('Show contents inverted half of the time.'),
});

export type AdainOptions = z.output<typeof optionsSchema>;

/** `adain-32`: content image + style image -> the content painted in that style. One generator for all styles. */
export const adain32: ModelFactory<AdainOptions> = adainFactory(32);
/** `adain-64`: the same at 64 pixels. */
export const adain64: ModelFactory<AdainOptions> = adainFactory(64);

function adainFactory(size: number): ModelFactory<AdainOptions> {
  return defineModel({
    name: `adain-${size}`,
    options: optionsSchema,
    create: (options, { batchSize }) => createAdain(size, options, batchSize),
  });
}

function createAdain(size: number, options: AdainOptions, batchSize: number): Model {
  const { crops, references } = options;
  const patch = size / 2;
  const generator = stylizingGenerator({ size, ...options });
  const discriminator = patchDiscriminator({ patch, channels: options.discriminatorChannels });
  const uniform = (...shape: number[]): NoiseSpec => ({ shape, distribution: 'uniform' });

  const viewedContent = (contentNHWC: tf.Tensor4D, polarityN: tf.Tensor): tf.Tensor4D =>
    options.randomPolarity
      ? tf.mul(contentNHWC, tf.sign(tf.sub(polarityN, 0.5)).reshape([-1, 1, 1, 1]))
      : contentNHWC;

  /** `count` crops of every image, crop by crop: [count * n, p, p, 3] */
  const cropsOf = (imagesNHWC: tf.Tensor4D, placesN2K: tf.Tensor, count: number): tf.Tensor4D =>
    tf.concat(
      tf.split(placesN2K, count, 1).map((placeN2) => cropAt(imagesNHWC, placeN2, patch)),
      0,
    );

  /** Features of a style's reference patches, averaged, once for each judged crop: [crops * n, f] */
  const referenceOf = (parameters: Tensors, styleNHWC: tf.Tensor4D, placesN2K: tf.Tensor): tf.Tensor2D => {
    const featuresKNF = discriminator
      .embed(parameters, cropsOf(styleNHWC, placesN2K, references))
      .reshape([references, batchSize, -1]);
    const meanNF = tf.mean(featuresKNF, 0) as tf.Tensor2D;
    return tf.concat(
      Array.from({ length: crops }, () => meanNF),
      0,
    );
  };

  return {
    name: `adain-${size}`,
    domains: { content: { size, channels: 1 }, style: { size, channels: 3 } },
    groups: [
      { name: 'generator', tensors: generator.tensors },
      { name: 'discriminator', tensors: discriminator.tensors },
    ],
    phases: [
      {
        name: 'discriminator',
        group: 'discriminator',
        uses: ['generator'],
        reads: ['content', 'style'],
        losses: ['discriminator', 'r1'],
        noiseOf: (n) => ({
          polarity: uniform(n),
          realPlaces: uniform(n, 2 * crops),
          fakePlaces: uniform(n, 2 * crops),
          referencePlaces: uniform(n, 2 * references),
        }),
        variantOf: (iteration) => (options.r1Gamma > 0 && iteration % options.r1Interval === 0 ? 'r1' : ''),
        run({ parameters, batch, noise, variant }) {
          const { generator: g, discriminator: d } = groupsOf(parameters);
          const { content, style } = batchOf(batch);
          const fakeNHWC = generator.paint(
            g,
            viewedContent(content, noiseOf(noise, 'polarity')),
            generator.codeOf(g, style),
          );
          const realNHWC = cropsOf(style, noiseOf(noise, 'realPlaces'), crops);
          const referenceNF = referenceOf(d, style, noiseOf(noise, 'referencePlaces'));
          const realNF = discriminator.embed(d, realNHWC);
          const fakeNF = discriminator.embed(d, cropsOf(fakeNHWC, noiseOf(noise, 'fakePlaces'), crops));
          const realLoss = tf.mean(tf.softplus(tf.neg(discriminator.judge(d, realNF, referenceNF))));
          const fakeLoss = tf.mean(tf.softplus(discriminator.judge(d, fakeNF, referenceNF)));
          const wrongLoss = tf.mean(tf.softplus(discriminator.judge(d, rolled(realNF, 1), referenceNF)));
          const judged = tf.add(realLoss, tf.mul(tf.add(fakeLoss, wrongLoss), 0.5));
          if (variant !== 'r1') return { losses: { discriminator: judged, r1: tf.scalar(0) } };
          const slopeOf = tf.grad((x) =>
            tf.sum(discriminator.judge(d, discriminator.embed(d, x as tf.Tensor4D), referenceNF)),
          );
          const r1 = tf.div(tf.sum(tf.square(slopeOf(realNHWC))), crops * batchSize);
          return {
            losses: {
              discriminator: tf.add(judged, tf.mul(r1, (options.r1Gamma / 2) * options.r1Interval)),
              r1,
            },
          };
        },
      },
      {
        name: 'generator',
        group: 'generator',
        uses: ['discriminator'],
        reads: ['content', 'style'],
        losses: ['generator', 'adversarial', 'legibility', 'texture'],
        noiseOf: (n) => ({
          polarity: uniform(n),
          fakePlaces: uniform(n, 2 * crops),
          referencePlaces: uniform(n, 2 * references),
          colourKernels: { shape: [1, 1, 3, options.textureProjections], distribution: 'normal' },
          textureKernels: { shape: [5, 5, 3, options.textureProjections], distribution: 'normal' },
        }),
        run({ parameters, batch, noise }) {
          const { generator: g, discriminator: d } = groupsOf(parameters);
          const { content, style } = batchOf(batch);
          const viewed = viewedContent(content, noiseOf(noise, 'polarity'));
          const fakeNHWC = generator.paint(g, viewed, generator.codeOf(g, style));
          const referenceNF = referenceOf(d, style, noiseOf(noise, 'referencePlaces'));
          const fakeNF = discriminator.embed(d, cropsOf(fakeNHWC, noiseOf(noise, 'fakePlaces'), crops));
          const adversarial = tf.mean(tf.softplus(tf.neg(discriminator.judge(d, fakeNF, referenceNF))));
          const legibility = tf.mean(
            tf.relu(tf.sub(options.legibilityTarget, legibilityOf(viewed, fakeNHWC))),
          );
          const texture = tf.add(
            slicedDistance(fakeNHWC, style, noiseOf(noise, 'colourKernels') as tf.Tensor4D),
            slicedDistance(fakeNHWC, style, noiseOf(noise, 'textureKernels') as tf.Tensor4D),
          );
          const total = tf.addN([
            tf.mul(adversarial, options.adversarialWeight),
            tf.mul(legibility, options.legibilityWeight),
            tf.mul(texture, options.textureWeight),
          ]);
          return { losses: { generator: total, adversarial, legibility, texture } };
        },
      },
    ],
    generate: {
      kind: 'stylize',
      content: 'content',
      style: 'style',
      uses: ['generator'],
      run(parameters, _statistics, contentNHWC, styleNHWC) {
        const { generator: g } = groupsOf(parameters);
        return generator.paint(g, contentNHWC, generator.codeOf(g, styleNHWC));
      },
    },
  };
}

/** The batch turned by `shift`: every row meets another row's partner. */
function rolled(rowsNF: tf.Tensor2D, shift: number): tf.Tensor2D {
  const n = rowsNF.shape[0];
  return tf.concat([tf.slice(rowsNF, [shift, 0], [n - shift, -1]), tf.slice(rowsNF, [0, 0], [shift, -1])], 0);
}

function groupsOf(parameters: Readonly<Record<string, Tensors>>): {
  generator: Tensors;
  discriminator: Tensors;
} {
  return { generator: parameters['generator'] ?? {}, discriminator: parameters['discriminator'] ?? {} };
}

function batchOf(batch: Readonly<Record<string, tf.Tensor4D>>): { content: tf.Tensor4D; style: tf.Tensor4D } {
  const { content, style } = batch;
  if (content === undefined || style === undefined) throw new Error('the batch lacks content or style');
  return { content, style };
}

function noiseOf(noise: Tensors, name: string): tf.Tensor {
  const value = noise[name];
  if (value === undefined) throw new Error(`no noise '${name}'`);
  return value;
}

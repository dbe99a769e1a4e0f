import * as tf from '@tensorflow/tfjs-node-gpu';
import { cropAt } from '../../layers/crop.ts';
import { tensorsOf } from '../../layers/layer.ts';
import { slowWavesOf } from '../../layers/scramble-phases.ts';
import {
  defineModel,
  type Model,
  type ModelFactory,
  type ModelPhase,
  type NoiseSpec,
  type PhaseInputs,
  type Tensors,
} from '../../model/define-model.ts';
import { named } from '../../model/named.ts';
import { augmented, augmentNoiseOf, effectiveParameters } from '../../objectives/discriminator-levers.ts';
import { objectiveOf } from '../../objectives/objective.ts';
import { r1Penalty } from '../../objectives/penalty.ts';
import { contentRecoveryTerm } from './content-recovery.ts';
import { stylizingGenerator } from './generator.ts';
import { layoutTerm } from './layout.ts';
import { legibilityTerm } from './legibility.ts';
import { type AdainOptions, adainOptionsSchema } from './options.ts';
import { patchDiscriminator } from './patch-discriminator.ts';
import { patchNceTerm } from './patch-nce.ts';
import { identityTerm, styleCodeTerm } from './style-fidelity.ts';
import { styleReaderOf } from './style-reader.ts';
import { textureFeaturesTerm, textureTerm } from './texture.ts';

/** Content image + style image -> the content painted in that style; one generator for all styles. */
export const adain32: ModelFactory<AdainOptions> = adainFactory(32);
/** The same at 64 pixels. */
export const adain64: ModelFactory<AdainOptions> = adainFactory(64);

function adainFactory(size: number): ModelFactory<AdainOptions> {
  return defineModel({
    name: `adain-${size}`,
    options: adainOptionsSchema,
    create: (options, { batchSize }) => createAdain(size, options, batchSize),
  });
}

/**
 * The discriminator asks whether a patch comes from the same image as some reference patches, and learns it on three
 * pairs: patch and references of one style image (real), a painted patch and references of its style, and a patch and
 * references of two style images (both fake). The third makes it look at palettes from the first step on, so that the
 * generator is told about colours long before it can paint textures. It needs at least two examples a virtual worker.
 */
function createAdain(size: number, options: AdainOptions, batchSize: number): Model {
  const { crops, references, r1Gamma, r1Interval, randomCanvas } = options;
  const slowWaves = [...slowWavesOf(size, randomCanvas)];
  const side = size / 2;
  const generator = stylizingGenerator({ size, ...options });
  const discriminator = patchDiscriminator({ patch: side, channels: options.discriminatorChannels });
  const objective = objectiveOf(options.objective);
  const terms = [
    legibilityTerm(options),
    textureTerm(options),
    ...[
      textureFeaturesTerm(options),
      contentRecoveryTerm(options, size),
      patchNceTerm(options, generator),
      styleCodeTerm(options, generator),
      identityTerm(options, generator),
      layoutTerm(options),
    ].filter((term) => term.weight > 0),
  ];

  /** Several crops of every image, crop by crop: [count * n, side, side, 3] */
  const cropsOf = (imagesNHWC: tf.Tensor4D, placesN2K: tf.Tensor, count: number): tf.Tensor4D =>
    tf.concat(
      tf.split(placesN2K, count, 1).map((placeN2) => cropAt(imagesNHWC, placeN2, side)),
      0,
    );

  /** The mean feature of each style's reference patches, once for each judged crop: [crops * n, f] */
  const referencesOf = (own: Tensors, styleNHWC: tf.Tensor4D, placesN2K: tf.Tensor): tf.Tensor2D => {
    const featuresKF = discriminator.embed(own, cropsOf(styleNHWC, placesN2K, references));
    const meanNF = tf.mean<tf.Tensor2D>(featuresKF.reshape([references, batchSize, -1]), 0);
    return tf.tile(meanNF, [crops, 1]);
  };

  const paint = ({ parameters, batch, noise }: PhaseInputs) => {
    const own = named(parameters, 'generator');
    const contentNHWC = turned(named(batch, 'content'), noise);
    const turnsNK = randomCanvas > 0 ? tf.mul(named(noise, 'canvas'), slowWaves) : undefined;
    const reading = generator.read(own, named(batch, 'style'), turnsNK);
    return { contentNHWC, reading, imagesNHWC: generator.paint(own, contentNHWC, reading) };
  };

  const turned = (contentNHWC: tf.Tensor4D, noise: Tensors): tf.Tensor4D =>
    options.randomPolarity
      ? tf.mul(contentNHWC, tf.sign(tf.sub(named(noise, 'polarity'), 0.5)))
      : contentNHWC;

  /** Style and painting of an example alike, so that colours still tell whether they belong together. */
  const shown = (imagesNHWC: tf.Tensor4D, noise: Tensors): tf.Tensor4D =>
    augmented(options, imagesNHWC, noise, 'augment');

  const commonNoiseOf = (n: number): Record<string, NoiseSpec> => ({
    ...(options.randomPolarity ? { polarity: uniform(n, 1, 1, 1) } : {}),
    ...(randomCanvas > 0 ? { canvas: uniform(n, slowWaves.length) } : {}),
    fakePlaces: uniform(n, 2 * crops),
    referencePlaces: uniform(n, 2 * references),
    ...augmentNoiseOf(options, n, 'augment'),
  });

  const discriminatorPhase: ModelPhase = {
    name: 'discriminator',
    group: 'discriminator',
    uses: ['generator'],
    reads: ['content', 'style'],
    losses: ['discriminator', 'penalty'],
    noiseOf: (n) => ({ ...commonNoiseOf(n), realPlaces: uniform(n, 2 * crops) }),
    variantOf: (iteration) => (r1Gamma > 0 && iteration % r1Interval === 0 ? 'r1' : ''),
    run(inputs) {
      const { parameters, batch, noise, variant } = inputs;
      const own = effectiveParameters(options, named(parameters, 'discriminator'));
      const styleNHWC = shown(named(batch, 'style'), noise);
      const referenceNF = referencesOf(own, styleNHWC, named(noise, 'referencePlaces'));
      const realNHWC = cropsOf(styleNHWC, named(noise, 'realPlaces'), crops);
      const fakeNHWC = cropsOf(shown(paint(inputs).imagesNHWC, noise), named(noise, 'fakePlaces'), crops);
      const realNF = discriminator.embed(own, realNHWC);
      const fakes = [discriminator.embed(own, fakeNHWC), nextExamples(realNF)];
      const loss = objective.discriminatorLoss(
        discriminator.judge(own, realNF, referenceNF),
        tf.concat(fakes.map((fakeNF) => discriminator.judge(own, fakeNF, referenceNF))),
      );
      if (variant !== 'r1') return { losses: { discriminator: loss, penalty: tf.scalar(0) } };
      const discriminate = (xNHWC: tf.Tensor4D): tf.Tensor2D =>
        discriminator.judge(own, discriminator.embed(own, xNHWC), referenceNF);
      const penalty = r1Penalty(discriminate, realNHWC, { gamma: r1Gamma, every: r1Interval });
      return { losses: { discriminator: tf.add(loss, penalty), penalty } };
    },
  };

  const generatorPhase: ModelPhase = {
    name: 'generator',
    group: 'generator',
    uses: ['discriminator'],
    reads: ['content', 'style'],
    losses: ['generator', 'adversarial', ...terms.map((term) => term.name)],
    noiseOf: (n) => Object.assign(commonNoiseOf(n), ...terms.map((term) => term.noiseOf(n))),
    run(inputs) {
      const { parameters, batch, noise } = inputs;
      const own = named(parameters, 'generator');
      const judge = effectiveParameters(options, named(parameters, 'discriminator'));
      const styleNHWC = named(batch, 'style');
      const painted = paint(inputs);
      const { imagesNHWC } = painted;
      const referenceNF = referencesOf(judge, shown(styleNHWC, noise), named(noise, 'referencePlaces'));
      const fakeNF = discriminator.embed(
        judge,
        cropsOf(shown(imagesNHWC, noise), named(noise, 'fakePlaces'), crops),
      );
      const adversarial = objective.generatorLoss(discriminator.judge(judge, fakeNF, referenceNF));
      const valued = terms.map((term) => {
        const value = term.valueOf({ ...painted, styleNHWC, own, noise });
        return { name: term.name, value, weight: term.weight };
      });
      const total = tf.addN([
        tf.mul(adversarial, options.adversarialWeight),
        ...valued.map(({ value, weight }) => tf.mul(value, weight)),
      ]);
      const reported = Object.fromEntries(valued.map(({ name, value }) => [name, value]));
      return { losses: { generator: total, adversarial, ...reported } };
    },
  };

  return {
    name: `adain-${size}`,
    domains: { content: { size, channels: 1 }, style: { size, channels: 3 } },
    groups: [
      { name: 'generator', tensors: tensorsOf([generator, ...terms]) },
      { name: 'discriminator', tensors: discriminator.tensors },
    ],
    phases: [discriminatorPhase, generatorPhase],
    generate: {
      kind: 'stylize',
      content: 'content',
      style: 'style',
      uses: ['generator'],
      run(parameters, _statistics, contentNHWC, styleNHWC) {
        const own = named(parameters, 'generator');
        return generator.paint(own, contentNHWC, generator.read(own, styleNHWC));
      },
      styles: styleReaderOf(generator),
    },
    judge: {
      uses: ['discriminator'],
      run(parameters, imagesNHWC, styleNHWC = imagesNHWC) {
        const own = effectiveParameters(options, named(parameters, 'discriminator'));
        const embedded = (xNHWC: tf.Tensor4D): tf.Tensor[] =>
          QUARTERS.map((place) => discriminator.embed(own, cropAt(xNHWC, placesOf(xNHWC, place), side)));
        const referenceNF = meanOf(embedded(styleNHWC)) as tf.Tensor2D;
        const logits = embedded(imagesNHWC).map((patchNF) =>
          discriminator.judge(own, patchNF as tf.Tensor2D, referenceNF),
        );
        return meanOf(logits) as tf.Tensor2D;
      },
    },
  };
}

/** Row and column of the four patches that see every pixel of an image once, as shares of the way from edge to edge. */
const QUARTERS: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 0.999],
  [0.999, 0],
  [0.999, 0.999],
];

function placesOf({ shape: [n] }: tf.Tensor4D, place: readonly [number, number]): tf.Tensor2D {
  return tf.tensor2d(Array.from({ length: n }, () => [...place]));
}

function meanOf(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.div(tf.addN([...tensors]), tensors.length);
}

function uniform(...shape: number[]): NoiseSpec {
  return { shape, distribution: 'uniform' };
}

/** The rows moved on by one: every patch meets the references of another image. */
function nextExamples(rowsNF: tf.Tensor2D): tf.Tensor2D {
  const [n] = rowsNF.shape;
  return tf.concat([tf.slice(rowsNF, [1, 0], [n - 1, -1]), tf.slice(rowsNF, [0, 0], [1, -1])], 0);
}

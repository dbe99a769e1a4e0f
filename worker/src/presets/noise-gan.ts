import type * as tf from '@tensorflow/tfjs-node-gpu';
import type { Model, ModelPhase, PhaseInputs, TensorSpec, Tensors } from '../model/define-model.ts';
import { named } from '../model/named.ts';
import { augmented, augmentNoiseOf, effectiveParameters } from '../objectives/discriminator-levers.ts';
import { type GameOptions, gameOf } from '../objectives/game.ts';

/** Length of the noise that one image is made of. */
export const NOISE_SIZE = 100;

export interface NoiseGenerator {
  readonly tensors: readonly TensorSpec[];
  readonly statistics: readonly TensorSpec[];
  /** zNL [n, NOISE_SIZE] -> images, and the batch's own values of the statistics. */
  train(
    parameters: Tensors,
    zNL: tf.Tensor,
  ): { readonly imagesNHWC: tf.Tensor4D; readonly statistics: Tensors };
}

export interface Discriminator {
  readonly tensors: readonly TensorSpec[];
  /** imagesNHWC -> logits [n, 1] */
  apply(parameters: Tensors, imagesNHWC: tf.Tensor4D): tf.Tensor2D;
}

export interface NoiseGan {
  readonly generator: NoiseGenerator;
  readonly discriminator: Discriminator;
  /** Domains that one real example is made of. */
  readonly reads: readonly string[];
  /** What D sees of a batch as real: of the same shape as the generator's images. */
  realOf(batch: PhaseInputs['batch']): tf.Tensor4D;
  /** The same of an image as it is shown; default: it is shown as it is. */
  shownAs?(imagesNHWC: tf.Tensor4D): tf.Tensor4D;
}

/** The groups, phases and judge of a game between a generator that starts from noise and its discriminator. */
export function noiseGanOf(gan: NoiseGan, options: GameOptions): Pick<Model, 'groups' | 'phases' | 'judge'> {
  const { generator, discriminator } = gan;
  const game = gameOf(options);
  const zOf = (batchSize: number) =>
    ({ z: { shape: [batchSize, NOISE_SIZE], distribution: 'normal' } }) as const;

  const discriminatorPhase: ModelPhase = {
    name: 'discriminator',
    group: 'discriminator',
    uses: ['generator'],
    reads: gan.reads,
    losses: game.discriminatorLosses,
    noiseOf: (batchSize) => ({
      ...zOf(batchSize),
      ...game.penaltyNoiseOf(batchSize),
      ...augmentNoiseOf(options, batchSize, 'augmentReal', 'augmentFake'),
    }),
    variantOf: game.variantOf,
    run({ parameters, batch, noise, variant }) {
      const own = effectiveParameters(options, named(parameters, 'discriminator'));
      const realNHWC = augmented(options, gan.realOf(batch), noise, 'augmentReal');
      const { imagesNHWC } = generator.train(named(parameters, 'generator'), named(noise, 'z'));
      const fakeNHWC = augmented(options, imagesNHWC, noise, 'augmentFake');
      const discriminate = (imagesNHWC: tf.Tensor4D) => discriminator.apply(own, imagesNHWC);
      return { losses: game.discriminatorLoss({ discriminate, realNHWC, fakeNHWC, noise, variant }) };
    },
  };

  const generatorPhase: ModelPhase = {
    name: 'generator',
    group: 'generator',
    uses: ['discriminator'],
    reads: [],
    losses: game.generatorLosses,
    noiseOf: (batchSize) => ({ ...zOf(batchSize), ...augmentNoiseOf(options, batchSize, 'augmentFake') }),
    run({ parameters, noise }) {
      const fake = generator.train(named(parameters, 'generator'), named(noise, 'z'));
      const judge = effectiveParameters(options, named(parameters, 'discriminator'));
      const logits = discriminator.apply(judge, augmented(options, fake.imagesNHWC, noise, 'augmentFake'));
      return { losses: game.generatorLoss(logits), statistics: fake.statistics };
    },
  };

  return {
    groups: [
      { name: 'generator', tensors: generator.tensors, statistics: generator.statistics },
      { name: 'discriminator', tensors: discriminator.tensors },
    ],
    judge: {
      uses: ['discriminator'],
      run: (parameters, imagesNHWC) =>
        discriminator.apply(
          effectiveParameters(options, named(parameters, 'discriminator')),
          gan.shownAs?.(imagesNHWC) ?? imagesNHWC,
        ),
    },
    phases: [...Array<ModelPhase>(options.nCritic).fill(discriminatorPhase), generatorPhase],
  };
}

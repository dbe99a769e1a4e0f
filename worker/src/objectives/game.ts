import * as tf from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import type { NoiseSpec, Tensors } from '../model/define-model.ts';
import { named } from '../model/named.ts';
import { type DiscriminatorLevers, discriminatorLeversShape } from './discriminator-levers.ts';
import { type ObjectiveName, objectiveNames, objectiveOf } from './objective.ts';
import { type Discriminate, gradientPenalty, r1Penalty } from './penalty.ts';

export interface GameOptions extends DiscriminatorLevers {
  readonly objective: ObjectiveName;
  /** Below 1: one-sided label smoothing. */
  readonly realLabel: number;
  /** Absent: no R1. `every`: in iterations. */
  readonly r1?: { readonly gamma: number; readonly every: number } | undefined;
  /** Weight of the gradient penalty; wgan-gp alone has one. */
  readonly gradientPenalty: number;
  /** Discriminator phases in one iteration. */
  readonly nCritic: number;
}

/** The game's part of a preset's options; `defaults` are the preset's own. */
export function gameOptionsShape(defaults: { readonly objective: ObjectiveName; readonly nCritic: number }) {
  return {
    objective: z.enum(objectiveNames).default(defaults.objective),
    realLabel: z.number().min(0.5).max(1).default(1),
    r1: z
      .strictObject({
        gamma: z.number().positive().default(1),
        every: z.number().int().positive().default(8),
      })
      .optional(),
    gradientPenalty: z.number().nonnegative().default(10),
    nCritic: z.number().int().positive().default(defaults.nCritic),
    ...discriminatorLeversShape,
  };
}

/** An objective with its penalties, in the pieces that phases are made of. */
export interface Game {
  /** Of a discriminator phase: [what is differentiated, the penalty's share of it]. */
  readonly discriminatorLosses: readonly [string, string];
  readonly generatorLosses: readonly [string];
  /** What a discriminator phase needs for the penalties. */
  penaltyNoiseOf(batchSize: number): Readonly<Record<string, NoiseSpec>>;
  readonly variantOf: (iteration: number) => string;
  discriminatorLoss(round: DiscriminatorRound): Tensors;
  /** @param fake D's logits on generated images */
  generatorLoss(fake: tf.Tensor): Tensors;
}

export interface DiscriminatorRound {
  readonly discriminate: Discriminate;
  readonly realNHWC: tf.Tensor4D;
  readonly fakeNHWC: tf.Tensor4D;
  readonly noise: Tensors;
  readonly variant: string;
}

export function gameOf(options: GameOptions): Game {
  const { r1 } = options;
  const objective = objectiveOf(options.objective, { realLabel: options.realLabel });
  const hasGradientPenalty = options.objective === 'wgan-gp';

  function penaltyOf({ discriminate, realNHWC, fakeNHWC, noise, variant }: DiscriminatorRound): tf.Scalar {
    let penalty = tf.scalar(0);
    if (r1 !== undefined && variant === 'r1') penalty = penalty.add(r1Penalty(discriminate, realNHWC, r1));
    if (hasGradientPenalty) {
      const mix = named(noise, 'mix');
      penalty = penalty.add(gradientPenalty(discriminate, realNHWC, fakeNHWC, mix, options.gradientPenalty));
    }
    return penalty;
  }

  return {
    discriminatorLosses: ['discriminator', 'penalty'],
    generatorLosses: ['generator'],
    penaltyNoiseOf: (batchSize) =>
      hasGradientPenalty ? { mix: { shape: [batchSize, 1, 1, 1], distribution: 'uniform' } } : {},
    variantOf: (iteration) => (r1 !== undefined && iteration % r1.every === 0 ? 'r1' : ''),
    discriminatorLoss(round) {
      const { discriminate, realNHWC, fakeNHWC } = round;
      const loss = objective.discriminatorLoss(discriminate(realNHWC), discriminate(fakeNHWC));
      const penalty = penaltyOf(round);
      return { discriminator: loss.add(penalty), penalty };
    },
    generatorLoss: (fake) => ({ generator: objective.generatorLoss(fake) }),
  };
}

import * as tf from '@tensorflow/tfjs-node-gpu';

/** The two losses of a game, from the discriminator's outputs (logits, no sigmoid). Means over all elements. */
export interface Objective {
  /** Minimised by the discriminator. */
  readonly discriminatorLoss: (real: tf.Tensor, fake: tf.Tensor) => tf.Scalar;
  /** Minimised by the generator. */
  readonly generatorLoss: (fake: tf.Tensor) => tf.Scalar;
}

export const objectiveNames = ['minimax', 'non-saturating', 'lsgan', 'hinge', 'wgan-gp'] as const;
export type ObjectiveName = (typeof objectiveNames)[number];

export interface ObjectiveOptions {
  /** What a real example is called, in [0.5, 1]; below 1 is one-sided label smoothing. Salimans et al., 2016, 3.4. */
  readonly realLabel?: number;
}

/**
 * Games by name. Every formula is made of ops whose second derivative exists (relu, softplus, square), so that a
 * gradient penalty may be added to any of them.
 * @param options.realLabel serves minimax, non-saturating and lsgan; hinge and wgan-gp have no labels
 */
export function objectiveOf(name: ObjectiveName, options: ObjectiveOptions = {}): Objective {
  const realLabel = options.realLabel ?? 1;
  switch (name) {
    // Goodfellow et al., 2014, eq. 1: min_G max_D  E log D(x) + E log(1 - D(G(z))), D = sigmoid(logit).
    case 'minimax':
      return {
        discriminatorLoss: (real, fake) => logisticLoss(real, fake, realLabel),
        generatorLoss: (fake) => tf.neg(tf.mean(tf.softplus(fake))),
      };
    // Goodfellow et al., 2014, section 3: G maximises log D(G(z)) instead.
    case 'non-saturating':
      return {
        discriminatorLoss: (real, fake) => logisticLoss(real, fake, realLabel),
        generatorLoss: (fake) => tf.mean(tf.softplus(tf.neg(fake))),
      };
    // Mao et al., 2017, eq. 9: labels 0 and 1, G wants 1.
    case 'lsgan':
      return {
        discriminatorLoss: (real, fake) =>
          tf.mul(
            tf.add<tf.Scalar>(tf.mean(tf.square(tf.sub(real, realLabel))), tf.mean(tf.square(fake))),
            0.5,
          ),
        generatorLoss: (fake) => tf.mul(tf.mean<tf.Scalar>(tf.square(tf.sub(fake, 1))), 0.5),
      };
    // Lim and Ye, 2017; Miyato et al., 2018, eq. 16 and 17.
    case 'hinge':
      return {
        discriminatorLoss: (real, fake) =>
          tf.add<tf.Scalar>(tf.mean(tf.relu(tf.sub(1, real))), tf.mean(tf.relu(tf.add(1, fake)))),
        generatorLoss: (fake) => tf.neg(tf.mean(fake)),
      };
    // Arjovsky et al., 2017, eq. 2 and 3; the penalty of Gulrajani et al. is gradientPenalty().
    case 'wgan-gp':
      return {
        discriminatorLoss: (real, fake) => tf.sub<tf.Scalar>(tf.mean(fake), tf.mean(real)),
        generatorLoss: (fake) => tf.neg(tf.mean(fake)),
      };
  }
}

/** -E[a log D(x) + (1 - a) log(1 - D(x))] - E[log(1 - D(G(z)))], by -log sigmoid(t) = softplus(-t). */
function logisticLoss(real: tf.Tensor, fake: tf.Tensor, realLabel: number): tf.Scalar {
  const calledReal = tf.mul(tf.mean<tf.Scalar>(tf.softplus(tf.neg(real))), realLabel);
  const calledFake = tf.mul(tf.mean<tf.Scalar>(tf.softplus(real)), 1 - realLabel);
  const onReal = realLabel === 1 ? calledReal : tf.add<tf.Scalar>(calledReal, calledFake);
  return tf.add<tf.Scalar>(onReal, tf.mean(tf.softplus(fake)));
}

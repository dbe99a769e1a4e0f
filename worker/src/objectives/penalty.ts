import * as tf from '@tensorflow/tfjs-node-gpu';

/** Images NHWC to logits of any shape; examples must not depend on each other (no batch norm). */
export type Discriminate = (xNHWC: tf.Tensor4D) => tf.Tensor;

/**
 * R1: gamma / 2 * E |grad_x D(x)|^2 on real images. Mescheder et al., 2018, eq. 9. Applied every k iterations only,
 * times k, it has the same effect at a fraction of the cost (lazy regularisation: Karras et al., 2020, 3.1).
 */
export function r1Penalty(
  discriminate: Discriminate,
  realNHWC: tf.Tensor4D,
  options: { readonly gamma: number; readonly every: number },
): tf.Scalar {
  const squares = squaredNorms(inputGradient(discriminate, realNHWC));
  return tf.mul(tf.mean<tf.Scalar>(squares), (options.gamma / 2) * options.every);
}

/**
 * weight * E (|grad_x D(x)| - 1)^2 on straight lines between real and fake images. Gulrajani et al., 2017, eq. 3.
 * @param mixN111 where on the line each example lies, uniform in [0, 1): [n, 1, 1, 1]
 */
export function gradientPenalty(
  discriminate: Discriminate,
  realNHWC: tf.Tensor4D,
  fakeNHWC: tf.Tensor4D,
  mixN111: tf.Tensor,
  weight: number,
): tf.Scalar {
  const between = fakeNHWC.add<tf.Tensor4D>(realNHWC.sub(fakeNHWC).mul(mixN111));
  // The root has no derivative at 0.
  const norms = squaredNorms(inputGradient(discriminate, between)).add(1e-12).sqrt();
  return tf.mul(tf.mean<tf.Scalar>(norms.sub(1).square()), weight);
}

/** grad_x of the sum of D(x), which is each example's own gradient: NHWC like x. */
function inputGradient(discriminate: Discriminate, xNHWC: tf.Tensor4D): tf.Tensor {
  const { grads } = tf.engine().gradients(() => tf.sum(discriminate(xNHWC)), [xNHWC]);
  const [gradient] = grads;
  if (gradient === undefined) throw new Error('the discriminator does not depend on its input');
  return gradient;
}

/** [n]: one for each example. */
function squaredNorms(xNHWC: tf.Tensor): tf.Tensor1D {
  return tf.sum(tf.square(xNHWC), [1, 2, 3]);
}

import * as tf from '@tensorflow/tfjs-node-gpu';

/**
 * Makes the second derivatives of tanh, sigmoid and exp right. TF.js computes their gradients from the saved
 * *output*, which its tape does not connect to the input again: a gradient of a gradient (R1, WGAN-GP) then lacks
 * that part, silently. Computed from the input it is whole. Values of first gradients stay what they are; the
 * second evaluation of the op costs little, and nothing in a compiled graph, where equal nodes are one.
 */
export function fixSecondOrderGradients(): void {
  register('Tanh', (x) => tf.sub(1, tf.square(tf.tanh(x))));
  register('Sigmoid', (x) => {
    const y = tf.sigmoid(x);
    return tf.mul(y, tf.sub(1, y));
  });
  register('Exp', (x) => tf.exp(x));
}

function register(kernelName: string, slopeOf: (x: tf.Tensor) => tf.Tensor): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => {
      const [x] = saved;
      if (x === undefined || Array.isArray(dy)) throw new Error(`${kernelName} has one input and one output`);
      return { x: () => tf.mul(dy, slopeOf(x)) };
    },
  });
}

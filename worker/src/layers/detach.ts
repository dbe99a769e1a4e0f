import * as tf from '@tensorflow/tfjs-node-gpu';

/** The same values, through which no gradient goes. TF.js has no op for it. */
export function detach<T extends tf.Tensor>(x: T): T {
  const stop = tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: (slope: tf.Tensor) => tf.zerosLike(slope),
  }));
  return stop(x) as T;
}

import * as tf from '@tensorflow/tfjs-node-gpu';

/** Disposes every tensor that `body` makes. Not tf.tidy, which walks through what is returned, number by number. */
export function inScope<T>(body: () => T): T {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

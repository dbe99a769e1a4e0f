import * as tf from '@tensorflow/tfjs-node-gpu';

/**
 * Square crops at random places, as two matrix products with 0/1 selection matrices: differentiable any number of
 * times and, unlike the gradient of a gather, deterministic on a GPU too.
 *
 * @param xNHWC [n, s, s, c]
 * @param placeN2 [n, 2] uniform in [0, 1): row and column
 * @returns [n, side, side, c]
 */
export function cropAt(xNHWC: tf.Tensor4D, placeN2: tf.Tensor, side: number): tf.Tensor4D {
  const [n, size, , channels] = xNHWC.shape;
  const [rowN1, columnN1] = tf.split(tf.floor(tf.mul(placeN2, size - side + 1)), 2, 1);
  if (rowN1 === undefined || columnN1 === undefined) throw new Error('split into 2 gave fewer');
  const rowsNHWC = tf
    .matMul(selectionOf(rowN1, side, size), xNHWC.reshape([n, size, size * channels]))
    .reshape([n, side, size, channels]);
  const turnedNWHC = tf.transpose(rowsNHWC, [0, 2, 1, 3]).reshape([n, size, side * channels]);
  const croppedNWHC = tf
    .matMul(selectionOf(columnN1, side, size), turnedNWHC)
    .reshape([n, side, side, channels]);
  return tf.transpose(croppedNWHC, [0, 2, 1, 3]).as4D(n, side, side, channels);
}

/** [n, 1] whole offsets -> [n, side, size] with a 1 where column = row + offset. */
function selectionOf(offsetN1: tf.Tensor, side: number, size: number): tf.Tensor {
  const wantedNS1 = tf.add(offsetN1.reshape([-1, 1, 1]), tf.range(0, side).reshape([1, side, 1]));
  return tf.relu(tf.sub(1, tf.abs(tf.sub(wantedNS1, tf.range(0, size).reshape([1, 1, size])))));
}

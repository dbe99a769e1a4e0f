import * as tf from '@tensorflow/tfjs-node-gpu';

/**
 * Sliced Wasserstein distance between the patches of pairs of images: both are filtered with the same random kernels
 * of unit norm, and the sorted responses are compared. Two images with the same patches in another order are at
 * distance 0, so it compares palette and texture and not layout (Elnekave and Weiss 2022).
 *
 * @param xNHWC [n, s, s, c], @param yNHWC same shape
 * @param kernelsHWIO [k, k, c, projections] normal noise
 * @returns scalar: mean absolute difference of the sorted responses; gradient with respect to both
 */
export function slicedDistance(xNHWC: tf.Tensor4D, yNHWC: tf.Tensor4D, kernelsHWIO: tf.Tensor4D): tf.Scalar {
  const unitHWIO = tf.mul(
    kernelsHWIO,
    tf.rsqrt(tf.sum(tf.square(kernelsHWIO), [0, 1, 2], true)),
  ) as tf.Tensor4D;
  const sorted = [xNHWC, yNHWC].map((imagesNHWC) => sortedRows(responsesOf(imagesNHWC, unitHWIO)));
  const [sortedX, sortedY] = sorted;
  if (sortedX === undefined || sortedY === undefined) throw new Error('two images give two responses');
  return tf.mean(tf.abs(tf.sub(sortedX, sortedY)));
}

/** [n, s, s, c] filtered by [k, k, c, p] -> [n * p, positions] */
function responsesOf(imagesNHWC: tf.Tensor4D, kernelsHWIO: tf.Tensor4D): tf.Tensor2D {
  const mapNHWP = tf.conv2d(imagesNHWC, kernelsHWIO, 1, 'valid');
  const [n, height, width, projections] = mapNHWP.shape;
  return tf.transpose(mapNHWP, [0, 3, 1, 2]).reshape([n * projections, height * width]);
}

/**
 * Each row in falling order: [rows, length]. topk has no gradient; that of a sort sends each value's gradient back to
 * where it came from. Every place gets exactly one, so the scatter is exact in any order.
 */
function sortedRows(rowsRL: tf.Tensor2D): tf.Tensor2D {
  const [rows, length] = rowsRL.shape;
  const sort = tf.customGrad((x, save) => {
    const { values, indices } = tf.topk(x as tf.Tensor2D, length);
    (save as tf.GradSaveFunc)([indices]);
    const gradFunc = (slopeRL: tf.Tensor, [savedRL]: tf.Tensor[]): tf.Tensor => {
      const startsR1 = tf.range(0, rows, 1, 'int32').mul(tf.scalar(length, 'int32')).reshape([rows, 1]);
      const placesRL = tf.add(savedRL as tf.Tensor, startsR1).reshape([rows * length]);
      return tf
        .unsortedSegmentSum(slopeRL.reshape([rows * length]), placesRL as tf.Tensor1D, rows * length)
        .reshape([rows, length]);
    };
    return { value: values, gradFunc };
  });
  return sort(rowsRL) as tf.Tensor2D;
}

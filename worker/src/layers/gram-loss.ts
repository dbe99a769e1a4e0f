import * as tf from '@tensorflow/tfjs-node-gpu';

/** Keeps the root's slope finite where two textures are the same. */
const EPSILON = 1e-8;

/**
 * How far apart the textures of pairs of images are: |G(x) - G(y)| / |G(y)| in the Frobenius norm, mean over images and
 * layers, G the matrix of which features occur together (Gatys et al. 2016). As a share of y's own, so that images of
 * faint contrast count like those of strong.
 *
 * @param xMaps, @param yMaps features [n, h, w, c], one map a layer
 */
export function gramLoss(xMaps: readonly tf.Tensor4D[], yMaps: readonly tf.Tensor4D[]): tf.Scalar {
  const distances = yMaps.map((yNHWC, layer) => {
    const xNHWC = xMaps[layer];
    if (xNHWC === undefined) throw new Error(`${xMaps.length} maps against ${yMaps.length}`);
    const wantedNCC = gramOf(yNHWC);
    const distanceN = normOf(tf.sub(gramOf(xNHWC), wantedNCC));
    return tf.mean<tf.Scalar>(tf.div(distanceN, normOf(wantedNCC)));
  });
  return tf.div(tf.addN(distances), distances.length);
}

/** [n, h, w, c] -> [n, c, c] */
function gramOf(mapNHWC: tf.Tensor4D): tf.Tensor {
  const [n, height, width, channels] = mapNHWC.shape;
  const rowsNPC = mapNHWC.reshape([n, height * width, channels]);
  return tf.div(tf.matMul(rowsNPC, rowsNPC, true), height * width);
}

function normOf(matricesNCC: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.add(tf.sum(tf.square(matricesNCC), [1, 2]), EPSILON));
}

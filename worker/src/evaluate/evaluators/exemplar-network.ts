import * as tf from '@tensorflow/tfjs-node-gpu';
import { conv2d } from '../../layers/conv2d.ts';
import { dense } from '../../layers/dense.ts';
import { scaledNormal, tensorsOf } from '../../layers/layer.ts';
import type { Tensors } from '../../model/define-model.ts';
import type { Network } from './network.ts';

/** Length of an embedding. */
export const EMBEDDING = 64;

export interface StyleFeatures {
  /** One map a layer, finest first. */
  readonly mapsNHWC: readonly tf.Tensor4D[];
  /** [n, EMBEDDING] */
  readonly embeddingNC: tf.Tensor2D;
}

export interface ExemplarNetwork extends Network {
  /** Of pictures of any size: the layers are convolutions, and pooled over the whole picture. */
  features(parameters: Tensors, imagesNHWC: tf.Tensor4D): StyleFeatures;
}

/** Says which of many pictures a crop comes from. The last layer is that question's; what lies below is style. */
export function exemplarNetwork(crop: number, numClasses: number): ExemplarNetwork {
  const widths = [24, 48, 64] as const;
  const convs = [
    conv2d({ name: 'conv.0', in: 3, out: widths[0], kernel: 3, padding: 'reflect' }),
    conv2d({ name: 'conv.1', in: widths[0], out: widths[1], kernel: 3, stride: 2, padding: 'reflect' }),
    conv2d({ name: 'conv.2', in: widths[1], out: widths[2], kernel: 3, stride: 2, padding: 'reflect' }),
  ];
  const numPooled = 2 * (widths[0] + widths[1] + widths[2]);
  const embedding = dense({ name: 'embedding', in: numPooled, out: EMBEDDING });
  const logit = dense({
    name: 'logit',
    in: EMBEDDING,
    out: numClasses,
    initial: scaledNormal(EMBEDDING, 1),
  });

  function features(parameters: Tensors, imagesNHWC: tf.Tensor4D): StyleFeatures {
    const mapsNHWC: tf.Tensor4D[] = [];
    let mapNHWC = imagesNHWC;
    for (const conv of convs) {
      mapNHWC = tf.relu(conv.apply(parameters, mapNHWC));
      mapsNHWC.push(mapNHWC);
    }
    const pooledNC = tf.concat(mapsNHWC.map(pool), 1) as tf.Tensor2D;
    return { mapsNHWC, embeddingNC: embedding.apply(parameters, pooledNC) };
  }

  return {
    name: 'exemplar',
    tensors: tensorsOf([...convs, embedding, logit]),
    input: { size: crop, channels: 3 },
    numClasses,
    features,
    logits: (parameters, imagesNHWC) =>
      logit.apply(parameters, tf.relu(features(parameters, imagesNHWC).embeddingNC)),
  };
}

/** Mean and standard deviation of each channel: [n, h, w, c] -> [n, 2c]. */
function pool(mapNHWC: tf.Tensor4D): tf.Tensor2D {
  const { mean, variance } = tf.moments(mapNHWC, [1, 2]);
  return tf.concat([mean as tf.Tensor2D, tf.sqrt(tf.add(variance, 1e-4)) as tf.Tensor2D], 1);
}

import * as tf from '@tensorflow/tfjs-node-gpu';
import { conv2d } from '../../layers/conv2d.ts';
import { dense } from '../../layers/dense.ts';
import { scaledNormal, tensorsOf } from '../../layers/layer.ts';
import { leakyRelu } from '../../layers/leaky-relu.ts';
import type { TensorSpec, Tensors } from '../../model/define-model.ts';

export interface PatchDiscriminatorOptions {
  /** Side of the patches, pixels; a multiple of 8. */
  readonly patch: number;
  readonly channels: number;
}

export interface PatchDiscriminator {
  readonly tensors: readonly TensorSpec[];
  /** patchesNHWC [n, p, p, 3] -> features [n, f] */
  embed(parameters: Tensors, patchesNHWC: tf.Tensor4D): tf.Tensor2D;
  /** Does this patch come from the image that the reference patches come from? Features [n, f] each -> logits [n, 1] */
  judge(parameters: Tensors, patchNF: tf.Tensor2D, referenceNF: tf.Tensor2D): tf.Tensor2D;
}

/** Co-occurrence discriminator (Park et al. 2020, Swapping Autoencoder): no normalisation, twice differentiable. */
export function patchDiscriminator(options: PatchDiscriminatorOptions): PatchDiscriminator {
  const { patch, channels: c } = options;
  const convs = [
    conv2d({ name: 'patch.0', in: 3, out: c, kernel: 4, stride: 2 }),
    conv2d({ name: 'patch.1', in: c, out: 2 * c, kernel: 4, stride: 2 }),
    conv2d({ name: 'patch.2', in: 2 * c, out: 4 * c, kernel: 4, stride: 2 }),
  ];
  const numFlat = (patch / 8) ** 2 * 4 * c;
  const features = dense({ name: 'features', in: numFlat, out: 4 * c });
  const hidden = dense({ name: 'hidden', in: 8 * c, out: 4 * c });
  const logit = dense({ name: 'logit', in: 4 * c, out: 1, initial: scaledNormal(4 * c, 1) });
  return {
    tensors: tensorsOf([...convs, features, hidden, logit]),
    embed(parameters, patchesNHWC) {
      let mapNHWC = patchesNHWC;
      for (const conv of convs) mapNHWC = leakyRelu(conv.apply(parameters, mapNHWC));
      return leakyRelu(features.apply(parameters, mapNHWC.reshape([-1, numFlat])));
    },
    judge(parameters, patchNF, referenceNF) {
      const hiddenNC = leakyRelu(hidden.apply(parameters, tf.concat([patchNF, referenceNF], 1)));
      return logit.apply(parameters, hiddenNC);
    },
  };
}

import * as tf from '@tensorflow/tfjs-node-gpu';
import { conv2d } from '../../layers/conv2d.ts';
import { dense } from '../../layers/dense.ts';
import { scaledNormal, tensorsOf } from '../../layers/layer.ts';
import type { Network } from './network.ts';

/** Reads the content's class off a colour picture: three strided convolutions, one hidden layer. */
export function judgeNetwork(size: number, numClasses: number): Network {
  const convs = [
    conv2d({ name: 'conv.0', in: 3, out: 32, kernel: 4, stride: 2 }),
    conv2d({ name: 'conv.1', in: 32, out: 64, kernel: 4, stride: 2 }),
    conv2d({ name: 'conv.2', in: 64, out: 64, kernel: 4, stride: 2 }),
  ];
  const numFlat = (size / 8) ** 2 * 64;
  const hidden = dense({ name: 'hidden', in: numFlat, out: 128 });
  const logit = dense({ name: 'logit', in: 128, out: numClasses, initial: scaledNormal(128, 1) });
  return {
    name: 'judge',
    tensors: tensorsOf([...convs, hidden, logit]),
    input: { size, channels: 3 },
    numClasses,
    logits(parameters, imagesNHWC) {
      let mapNHWC = imagesNHWC;
      for (const conv of convs) mapNHWC = tf.relu(conv.apply(parameters, mapNHWC));
      const hiddenNC = tf.relu(hidden.apply(parameters, mapNHWC.reshape([-1, numFlat])));
      return logit.apply(parameters, hiddenNC);
    },
  };
}

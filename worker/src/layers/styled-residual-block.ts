import * as tf from '@tensorflow/tfjs-node-gpu';
import { conv2d } from './conv2d.ts';
import { type AdaptiveNorm, adaptiveNorm } from './instance-norm.ts';

/** x + AdaIN(conv(relu(AdaIN(conv(x))))): two 3x3 convolutions at constant width, styled by a code. */
export function styledResidualBlock(options: {
  readonly name: string;
  readonly channels: number;
  readonly code: number;
}): AdaptiveNorm {
  const { name, channels, code } = options;
  const convs = [0, 1].map((k) =>
    conv2d({
      name: `${name}.conv${k}`,
      in: channels,
      out: channels,
      kernel: 3,
      padding: 'reflect',
      bias: false,
    }),
  );
  const norms = [0, 1].map((k) => adaptiveNorm({ name: `${name}.norm${k}`, channels, code }));
  return {
    tensors: [...convs, ...norms].flatMap((layer) => layer.tensors),
    apply(parameters, xNHWC, codeNC) {
      let branchNHWC = xNHWC;
      convs.forEach((conv, k) => {
        if (k > 0) branchNHWC = tf.relu(branchNHWC);
        branchNHWC = conv.apply(parameters, branchNHWC);
        branchNHWC = norms[k]?.apply(parameters, branchNHWC, codeNC) ?? branchNHWC;
      });
      return tf.add(xNHWC, branchNHWC);
    },
  };
}

/**
 * A model of your own: what examples/own-model.yaml trains. A model is data (tensors, phases) and pure functions of
 * tensors; whatever is random comes in as noise. See worker/src/model/define-model.ts for the whole contract.
 */
import { conv2d } from '@atelier/worker/layers/conv2d';
import { dense } from '@atelier/worker/layers/dense';
import { tensorsOf } from '@atelier/worker/layers/layer';
import { leakyRelu } from '@atelier/worker/layers/leaky-relu';
import { upsample2x } from '@atelier/worker/layers/upsample';
import { defineModel, type ModelPhase, type Tensors } from '@atelier/worker/model/define-model';
import { named } from '@atelier/worker/model/named';
import { objectiveOf } from '@atelier/worker/objectives/objective';
import { r1Penalty } from '@atelier/worker/objectives/penalty';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';

const SIZE = 16;
const NOISE_SIZE = 32;
const options = z.strictObject({
  width: z.number().int().positive().default(16),
  gamma: z.number().default(1),
});

export default defineModel({
  name: 'my-gan',
  options,
  create({ width, gamma }: z.output<typeof options>) {
    const start = dense({ name: 'start', in: NOISE_SIZE, out: 16 * width });
    const widen = conv2d({ name: 'widen', in: width, out: width, kernel: 3 });
    const paint = conv2d({ name: 'paint', in: width, out: 1, kernel: 3 });
    const generate = (parameters: Tensors, zNL: tf.Tensor): tf.Tensor4D => {
      const small: tf.Tensor4D = leakyRelu(start.apply(parameters, zNL.as2D(-1, NOISE_SIZE))).reshape([
        -1,
        4,
        4,
        width,
      ]);
      const middle = leakyRelu(widen.apply(parameters, upsample2x(small)));
      return tf.tanh(paint.apply(parameters, upsample2x(middle)));
    };

    const look = conv2d({ name: 'look', in: 1, out: width, kernel: 4, stride: 2 });
    const again = conv2d({ name: 'again', in: width, out: 2 * width, kernel: 4, stride: 2 });
    const judge = dense({ name: 'judge', in: 32 * width, out: 1 });
    const discriminate = (parameters: Tensors, xNHWC: tf.Tensor4D): tf.Tensor => {
      const map = leakyRelu(again.apply(parameters, leakyRelu(look.apply(parameters, xNHWC))));
      return judge.apply(parameters, map.reshape([-1, 32 * width]));
    };

    const { discriminatorLoss, generatorLoss } = objectiveOf('non-saturating');
    const noiseOf: ModelPhase['noiseOf'] = (n) => ({ z: { shape: [n, NOISE_SIZE], distribution: 'normal' } });
    return {
      name: 'my-gan',
      domains: { real: { size: SIZE, channels: 1 } },
      groups: [
        { name: 'generator', tensors: tensorsOf([start, widen, paint]) },
        { name: 'discriminator', tensors: tensorsOf([look, again, judge]) },
      ],
      phases: [
        {
          name: 'discriminator',
          group: 'discriminator',
          uses: ['generator'],
          reads: ['real'],
          losses: ['discriminator', 'r1'],
          noiseOf,
          run({ parameters, batch, noise }) {
            const own = (xNHWC: tf.Tensor4D) => discriminate(named(parameters, 'discriminator'), xNHWC);
            const real = named(batch, 'real');
            const fake = generate(named(parameters, 'generator'), named(noise, 'z'));
            const r1 = r1Penalty(own, real, { gamma, every: 1 });
            return { losses: { discriminator: discriminatorLoss(own(real), own(fake)).add(r1), r1 } };
          },
        },
        {
          name: 'generator',
          group: 'generator',
          uses: ['discriminator'],
          reads: [],
          losses: ['generator'],
          noiseOf,
          run({ parameters, noise }) {
            const fake = generate(named(parameters, 'generator'), named(noise, 'z'));
            return {
              losses: { generator: generatorLoss(discriminate(named(parameters, 'discriminator'), fake)) },
            };
          },
        },
      ],
      generate: {
        kind: 'noise',
        noiseSize: NOISE_SIZE,
        uses: ['generator'],
        run: (parameters, _statistics, noise) => generate(named(parameters, 'generator'), noise),
      },
    };
  },
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { flatLayoutOf, nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { ModelPhase } from '../../model/define-model.ts';
import { initialParametersOf } from '../../model/initial-parameters.ts';
import { named } from '../../model/named.ts';
import type { LeafInputs } from '../../phases/phase-leaf.ts';
import { phaseProgramOf } from '../../phases/phase-program.ts';
import type { Network } from './network.ts';

export interface LabelledPictures {
  /** NHWC, values in [-1, 1]. */
  readonly pixels: Float32Array;
  /** Class of each. */
  readonly labels: readonly number[];
}

export interface TrainNetworkOptions {
  readonly seed: number;
  readonly numSteps: number;
  readonly batchSize: number;
  /** Of the first step; it falls in a straight line to 0 after the last. */
  readonly learningRate: number;
  /** A function of the step alone, of `batchSize` pictures. */
  batchOf(step: number): Promise<LabelledPictures>;
  onStep?(step: number): void;
}

const GROUP = 'network';
const BETA1 = 0.9;
const BETA2 = 0.999;

/**
 * Trains a classifier by its cross-entropy, with Adam: the gradient recorded into one graph as a run's phases are, the
 * update by the kernels that a run's coordinator uses. The same options give the same bits on one engine.
 * @returns the flat parameters, in layout order
 */
export async function trainNetwork(network: Network, options: TrainNetworkOptions): Promise<Float32Array> {
  const { seed, numSteps, batchSize, learningRate } = options;
  const phase = phaseOf(network);
  const layout = flatLayoutOf(network.tensors);
  const definition = {
    model: network.name,
    groups: [{ name: GROUP, tensors: network.tensors, statistics: [] }],
    phases: [phase],
    domains: [],
  };
  const initial = initialParametersOf({ groups: [{ name: GROUP, tensors: network.tensors }] }, seed);
  const kernels = Kernels.load();
  const [parameters, gradient, m, v] = [0, 1, 2, 3].map(() => kernels.memory.allocate(layout.size));
  if (!parameters || !gradient || !m || !v) throw new Error('four buffers were asked for');
  parameters.floats.set(initial);
  m.floats.fill(0);
  v.floats.fill(0);

  const first = inputsOf(network, initial, await options.batchOf(0), batchSize);
  const program = phaseProgramOf(
    {
      phase,
      variant: '',
      node: nodeLayoutOf(definition, phase),
      layouts: { [GROUP]: layout },
      compile: true,
      ops: 'tensorflow',
      warn: (message) => process.emitWarning(message),
    },
    first,
  );
  dispose(first);
  try {
    let [power1, power2] = [1, 1];
    for (let step = 0; step < numSteps; step += 1) {
      const inputs = inputsOf(network, parameters.floats.slice(), await options.batchOf(step), batchSize);
      const leaf = program.run(inputs);
      dispose(inputs);
      gradient.floats.set(leaf.subarray(0, layout.size));
      power1 *= BETA1;
      power2 *= BETA2;
      kernels.adam(parameters, gradient, m, v, {
        fraction1: 1 - BETA1,
        beta2: BETA2,
        fraction2: 1 - BETA2,
        stepSize: (learningRate * (1 - step / numSteps)) / (1 - power1),
        rootCorrection2: Math.sqrt(1 - power2),
        epsilon: 1e-8,
        keep: 1,
      });
      options.onStep?.(step + 1);
      // The process hears signals and tells of its progress meanwhile.
      await nextTurn();
    }
    return parameters.floats.slice();
  } finally {
    program.dispose();
  }
}

/** Labels come in where noise does: a phase has no other way in. */
function phaseOf(network: Network): ModelPhase {
  return {
    name: `${network.name} training`,
    group: GROUP,
    uses: [],
    reads: ['pictures'],
    losses: ['crossEntropy'],
    noiseOf: (n) => ({ labels: { shape: [n, network.numClasses], distribution: 'uniform' } }),
    run({ parameters, batch, noise }) {
      const logitsNK = network.logits(named(parameters, GROUP), named(batch, 'pictures'));
      const agreementNK = tf.mul(tf.logSoftmax(logitsNK), named(noise, 'labels'));
      return { losses: { crossEntropy: tf.neg(tf.mean(tf.sum(agreementNK, 1))) } };
    },
  };
}

function inputsOf(
  { input, numClasses }: Network,
  flat: Float32Array,
  { pixels, labels }: LabelledPictures,
  batchSize: number,
): LeafInputs {
  const oneHot = new Float32Array(batchSize * numClasses);
  for (const [i, label] of labels.entries()) oneHot[i * numClasses + label] = 1;
  return {
    parameters: { [GROUP]: tf.tensor1d(flat) },
    batch: { pictures: tf.tensor4d(pixels, [batchSize, input.size, input.size, input.channels]) },
    noise: { labels: tf.tensor2d(oneHot, [batchSize, numClasses]) },
  };
}

function dispose({ parameters, batch, noise }: LeafInputs): void {
  tf.dispose([{ ...parameters }, { ...batch }, { ...noise }]);
}

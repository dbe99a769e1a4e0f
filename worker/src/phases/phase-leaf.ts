import type { FlatLayout, NodeLayout } from '@atelier/shared/layout/flat-layout';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { ModelPhase, PhaseOutputs, Tensors } from '../model/define-model.ts';
import { PhaseError } from './phase-error.ts';

/** What one run of a phase is a function of; nothing else may enter. */
export interface LeafInputs {
  /** Flat parameters by group: of the updated group and of those that the phase uses. */
  readonly parameters: Readonly<Record<string, tf.Tensor1D>>;
  readonly batch: Readonly<Record<string, tf.Tensor4D>>;
  readonly noise: Tensors;
}

export interface LeafOptions {
  readonly phase: ModelPhase;
  readonly variant: string;
  readonly node: NodeLayout;
  /** By group, of all that `parameters` brings. */
  readonly layouts: Readonly<Record<string, FlatLayout>>;
}

/**
 * One virtual worker's leaf [gradient | statistics | losses] as one tensor, so that one read brings all of it.
 * Everything made on the way is disposed; the caller disposes the leaf.
 * @throws PhaseError missing-gradient, wrong-outputs
 */
export function leafOf(options: LeafOptions, inputs: LeafInputs): tf.Tensor1D {
  const { phase, variant, node } = options;
  return tf.tidy(() => {
    const parameters: Record<string, Tensors> = {};
    for (const [group, flat] of Object.entries(inputs.parameters)) {
      const layout = options.layouts[group];
      if (layout !== undefined) parameters[group] = unflatten(flat, layout);
    }
    const updated = parameters[phase.group] ?? {};
    const { tensors: own } = node.gradient;
    const leaves = own.map(({ name }) => updated[name] ?? tf.scalar(0));

    let reported: tf.Tensor1D[] = [];
    const { grads } = tf.engine().gradients<tf.Scalar>(
      () => {
        const outputs = phase.run({ parameters, batch: inputs.batch, noise: inputs.noise, variant });
        reported = reportedOf(outputs, phase, node).map((tensor) => tf.keep(tensor.as1D()));
        return lossOf(outputs, phase);
      },
      leaves,
      undefined,
      true,
    );
    const gradients: readonly (tf.Tensor | undefined)[] = grads;
    const missing = own.filter((_, i) => gradients[i] === undefined).map(({ name }) => `'${name}'`);
    if (missing.length > 0) {
      for (const tensor of reported) tensor.dispose();
      throw new PhaseError(
        'missing-gradient',
        `phase '${phase.name}': loss '${phase.losses[0]}' has no gradient with respect to ${missing.join(', ')} of group ` +
          `'${phase.group}'; use the tensor in the loss or take it out of the group`,
      );
    }
    const leaf = tf.concat1d([...grads.map((gradient) => gradient.as1D()), ...reported]);
    for (const tensor of reported) tensor.dispose();
    return leaf;
  });
}

function unflatten(flat: tf.Tensor1D, layout: FlatLayout): Tensors {
  const sizes = layout.tensors.map(({ size }) => size);
  const pieces = tf.split(flat, sizes);
  return Object.fromEntries(
    layout.tensors.map(({ name, shape }, i) => [name, (pieces[i] ?? flat).reshape([...shape])]),
  );
}

function lossOf(outputs: PhaseOutputs, phase: ModelPhase): tf.Scalar {
  const loss = outputs.losses[phase.losses[0] ?? ''];
  if (loss === undefined) throw new PhaseError('wrong-outputs', `phase '${phase.name}' declares no loss`);
  return loss.asScalar();
}

/** The statistics and then the losses, checked against what the phase and its group declare. */
function reportedOf(outputs: PhaseOutputs, phase: ModelPhase, node: NodeLayout): tf.Tensor[] {
  const expected = [
    ...node.statistics.tensors.map(({ name, size }) => ({
      kind: 'statistic',
      name,
      size,
      from: outputs.statistics ?? {},
    })),
    ...node.losses.map((name) => ({ kind: 'loss', name, size: 1, from: outputs.losses })),
  ];
  return expected.map(({ kind, name, size, from }) => {
    const tensor = from[name];
    if (tensor?.size === size) return tensor;
    const got =
      tensor === undefined
        ? `only ${Object.keys(from).join(', ') || 'none'}`
        : `shape [${tensor.shape.join()}]`;
    throw new PhaseError(
      'wrong-outputs',
      `phase '${phase.name}' must return ${kind} '${name}' of ${size} value(s); got ${got}`,
    );
  });
}

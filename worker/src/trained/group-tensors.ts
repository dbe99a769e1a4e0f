import { flatLayoutOf, sizeOf } from '@atelier/shared/layout/flat-layout';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Model, TensorSpec, TensorsByGroup } from '../model/define-model.ts';
import type { TrainedFlats } from './trained-work.ts';

export interface TrainedTensors {
  readonly parameters: TensorsByGroup;
  readonly statistics: TensorsByGroup;
}

/**
 * Runs `body` with the tensors of some groups, and disposes them after it.
 * @throws Error when a group is missing or of another length than the model's
 */
export function withTrained<T>(
  model: Pick<Model, 'groups'>,
  uses: readonly string[],
  flats: TrainedFlats,
  body: (trained: TrainedTensors) => T,
): T {
  const groups = model.groups.filter(({ name }) => uses.includes(name));
  const trained = {
    parameters: Object.fromEntries(
      groups.map(({ name, tensors }) => [name, tensorsOf(name, tensors, flats.parameters)]),
    ),
    statistics: Object.fromEntries(
      groups.map(({ name, statistics = [] }) => [name, tensorsOf(name, statistics, flats.statistics)]),
    ),
  };
  try {
    return body(trained);
  } finally {
    tf.dispose([trained.parameters, trained.statistics]);
  }
}

function tensorsOf(
  group: string,
  specs: readonly TensorSpec[],
  flats: TrainedFlats['parameters'],
): Record<string, tf.Tensor> {
  const layout = flatLayoutOf(specs);
  const flat = flats[group] ?? new Float32Array(0);
  if (flat.length !== layout.size) {
    throw new Error(
      `group '${group}': got ${flat.length} numbers to render with, the model has ${layout.size}`,
    );
  }
  return Object.fromEntries(
    layout.tensors.map(({ name, shape, offset }) => [
      name,
      tf.tensor(flat.slice(offset, offset + sizeOf(shape)), [...shape]),
    ]),
  );
}

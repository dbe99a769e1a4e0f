import { sizeOf } from '@atelier/shared/layout/flat-layout';
import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import type { PhiloxKey } from '@atelier/shared/random/philox';
import type { Model, TensorSpec } from './define-model.ts';

/**
 * The initial values of a whole run as Reducer.PushInitial carries them: for each group in the definition's order
 * [parameters | statistics], each in layout order. A function of the seed and of names alone, so that every worker
 * of a run computes the same.
 */
export function initialParametersOf(model: Pick<Model, 'groups'>, seed: number): Float32Array {
  const tensors = model.groups.flatMap(({ name: group, tensors: parameters, statistics = [] }) => [
    ...parameters.map((spec) => initialValuesOf(spec, keyOf(seed, 'initial', group, spec.name))),
    ...statistics.map((spec) => initialValuesOf(spec, keyOf(seed, 'initial-statistic', group, spec.name))),
  ]);
  const flat = new Float32Array(tensors.reduce((size, values) => size + values.length, 0));
  let offset = 0;
  for (const values of tensors) {
    flat.set(values, offset);
    offset += values.length;
  }
  return flat;
}

function initialValuesOf({ shape, initial }: TensorSpec, key: PhiloxKey): Float32Array {
  const size = sizeOf(shape);
  switch (initial.kind) {
    case 'constant':
      return new Float32Array(size).fill(initial.value);
    case 'normal':
      return normal(key, size).map((value) => value * initial.stddev);
    case 'uniform':
      return uniform(key, size).map((value) => (2 * value - 1) * initial.limit);
  }
}

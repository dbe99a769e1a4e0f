import type { PhaseDefinition, RunDefinition, TensorShape } from './run-definition.ts';

/** Where one tensor lies in a flat float32 buffer. Offsets and sizes in elements, not bytes. */
export interface FlatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

export interface FlatLayout {
  readonly tensors: readonly FlatTensor[];
  /** Total number of float32 elements. */
  readonly size: number;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function flatLayoutOf(tensors: readonly TensorShape[]): FlatLayout {
  let offset = 0;
  const flat = tensors.map(({ name, shape }) => {
    const size = sizeOf(shape);
    const tensor: FlatTensor = { name, shape, offset, size };
    offset += size;
    return tensor;
  });
  return { tensors: flat, size: offset };
}

/**
 * The node layout of a phase: [gradient of the group | statistics of the group | losses], all float32.
 * A leaf holds one virtual worker's values (each a mean over its examples); a node holds sums over virtual workers.
 * Division by the number of virtual workers, a power of two and so exact, happens once, at the root.
 */
export interface NodeLayout {
  readonly gradient: FlatLayout;
  readonly statistics: FlatLayout;
  readonly losses: readonly string[];
  readonly statisticsOffset: number;
  readonly lossesOffset: number;
  /** Total number of float32 elements. */
  readonly size: number;
}

export function nodeLayoutOf(definition: RunDefinition, phase: PhaseDefinition): NodeLayout {
  const group = definition.groups.find(({ name }) => name === phase.group);
  if (group === undefined) throw new Error(`phase '${phase.name}' updates an unknown group '${phase.group}'`);
  const gradient = flatLayoutOf(group.tensors);
  const statistics = flatLayoutOf(group.statistics);
  const lossesOffset = gradient.size + statistics.size;
  return {
    gradient,
    statistics,
    losses: phase.losses,
    statisticsOffset: gradient.size,
    lossesOffset,
    size: lossesOffset + phase.losses.length,
  };
}

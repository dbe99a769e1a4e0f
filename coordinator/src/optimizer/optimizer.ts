import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';

/** One update of one parameter group, or of a part of it: flat buffers of equal length, in kernel memory. */
export interface OptimizerUpdate {
  /** Which update of the group this is, from 1. */
  readonly update: number;
  readonly parameters: KernelSpan;
  /** The mean gradient. */
  readonly gradient: KernelSpan;
  /** By the names of `slots`; all zero before the first update. */
  readonly slots: Readonly<Record<string, KernelSpan>>;
}

/**
 * What a rule has to know of every tensor as a whole before it can change any element of it: sums over its elements, such
 * as those of squares that norms are the roots of. They are found while nothing is changed yet, added up over the
 * reducers among which the tensor may be cut, and brought to all of them with the order to commit.
 */
export interface TensorSums {
  /** What is summed: 'squared parameters'. For error messages, and by their number. */
  readonly names: readonly string[];
  /**
   * Sums over some elements of one tensor, in float64 and in a fixed order; finite where nothing is wrong. Changes nothing.
   * @returns as many as there are names
   */
  measure(kernels: Kernels, update: OptimizerUpdate): readonly number[];
}

/** The learning rate of the update of that number, from 1. */
export type RateOf = (update: number) => number;

/**
 * An update rule. It keeps nothing between updates: all that it remembers is in the slots and the update's number,
 * so that a checkpoint needs to hold nothing else.
 */
export interface Optimizer {
  /** Names of the state buffers it needs, each of the parameters' length. */
  readonly slots: readonly string[];
  /** Absent where every element is changed by what is known of it alone. */
  readonly tensorSums?: TensorSums;
  /**
   * Changes parameters and slots in place.
   * @param sums of the tensor that the update is a part of, as `tensorSums` names them; without these, an update may lie
   * across tensors
   */
  apply(kernels: Kernels, update: OptimizerUpdate, sums: readonly number[]): void;
}

export function slotOf(update: OptimizerUpdate, name: string): KernelSpan {
  const slot = update.slots[name];
  if (slot === undefined) throw new Error(`the optimizer's slot '${name}' was not allocated`);
  return slot;
}

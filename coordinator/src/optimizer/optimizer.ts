import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';

/** One update of one parameter group: flat buffers of equal length, in kernel memory. */
export interface OptimizerUpdate {
  /** Which update of the group this is, from 1. */
  readonly update: number;
  readonly parameters: KernelSpan;
  /** The mean gradient. */
  readonly gradient: KernelSpan;
  /** By the names of `slots`; all zero before the first update. */
  readonly slots: Readonly<Record<string, KernelSpan>>;
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
  /** Changes parameters and slots in place. */
  apply(kernels: Kernels, update: OptimizerUpdate): void;
}

export function slotOf(update: OptimizerUpdate, name: string): KernelSpan {
  const slot = update.slots[name];
  if (slot === undefined) throw new Error(`the optimizer's slot '${name}' was not allocated`);
  return slot;
}

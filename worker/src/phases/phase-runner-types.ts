import type { BegunLeaf } from './compiled-phase.ts';
import type { EngineState } from './engine-state.ts';

/**
 * What runs a phase of a model: the seam between the networks and everything that only knows flat buffers. Written
 * down apart from its implementation (phase-runner.ts) because the compute thread was built against it.
 */
export interface PhaseRunning {
  /**
   * The parameters of a group from now on, laid out by `flatLayoutOf(group.tensors)`. The runner takes
   * `flat` over.
   */
  setParameters(group: string, flat: Float32Array): void;
  /** Nothing can be computed with the group's until they are set again, and the memory that they were taken over with is free. */
  dropParameters(group: string): void;
  /**
   * What one virtual worker computes in one step.
   * @param begun by `begin` with these inputs; it is used up
   * @returns a leaf of the reduction tree in the phase's node layout: [gradient | statistics | losses]. The caller
   * owns it; the runner neither keeps nor changes it.
   */
  run(inputs: PhaseRunInputs, begun?: BegunLeaf): Float32Array;
  /**
   * Computes what does not depend on the parameters that the step before updates, with those that are set now. It
   * serves for as long as no other group's are set. Undefined where nothing is gained by it.
   */
  begin(inputs: PhaseRunInputs): BegunLeaf | undefined;
  /** The group that the step before a phase's updates. */
  lateGroupOf(phaseIndex: number): string | undefined;
  state(): EngineState;
  dispose(): void;
}

export interface PhaseRunInputs {
  readonly phaseIndex: number;
  readonly iteration: number;
  /** By domain, NHWC: one virtual worker's batch. */
  readonly batch: Readonly<Record<string, Float32Array>>;
  /** By name, of the shapes that the phase's `noiseOf` asks for. */
  readonly noise: Readonly<Record<string, Float32Array>>;
}

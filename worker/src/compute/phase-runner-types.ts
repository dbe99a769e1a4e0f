import type { EngineState } from './engine-state.ts';

/**
 * What runs a phase of a model: the seam between the networks and everything that only knows flat buffers. Written
 * down apart from its implementation (phase-runner.ts) because the compute thread was built against it.
 */
export interface PhaseRunning {
  /**
   * The parameters of a group from now on, laid out by `flatLayoutOf(group.tensors)`. The runner copies what it
   * keeps: the caller may reuse `flat`.
   */
  setParameters(group: string, flat: Float32Array): void;
  /**
   * One virtual worker's share of one step.
   * @returns a leaf of the reduction tree in the phase's node layout: [gradient | statistics | losses]. The caller
   * owns it; the runner neither keeps nor changes it.
   */
  run(inputs: PhaseRunInputs): Float32Array;
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

/** What is in the engine, as the compute thread tells it with each answer. */
export interface EngineState {
  /** Tensors that are alive, and what they hold on the device. */
  readonly numTensors: number;
  readonly numBytes: number;
  /** Programs of phases: recorded into a graph, and run eagerly because they could not be. */
  readonly numCompiled: number;
  readonly numFallback: number;
}

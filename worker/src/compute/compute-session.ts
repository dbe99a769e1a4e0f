import { loadEngine } from '../engine/load-engine.ts';
import type { Model } from '../model/define-model.ts';
import { describeModel } from '../model/model-description.ts';
import { BlockComputer } from './block-computer.ts';
import type {
  BlockSum,
  BlockWork,
  GroupParameters,
  LoadReply,
  LoadRequest,
  RenderedImages,
  RenderWork,
} from './compute-messages.ts';
import type { EngineState } from './engine-state.ts';
import { initialParametersOf } from './initial-parameters.ts';
import type { PhaseRunning } from './phase-runner-types.ts';

/** The engine and one model in it. Lives in the compute thread. */
export class ComputeSession {
  readonly loaded: LoadReply;
  readonly #model: Model;
  readonly #seed: number;
  readonly #runner: PhaseRunning;
  readonly #computer: BlockComputer;

  private constructor(request: LoadRequest, loaded: LoadReply, model: Model, runner: PhaseRunning) {
    this.loaded = loaded;
    this.#model = model;
    this.#seed = request.seed;
    this.#runner = runner;
    this.#computer = new BlockComputer({ ...request, phases: model.phases }, { runner });
  }

  /** Whatever imports TensorFlow is imported here, after the engine is set: its thread count is fixed on loading. */
  static async open(request: LoadRequest): Promise<ComputeSession> {
    const { fingerprint, device } = await loadEngine(request.engine);
    const batchSize = request.batchPerVirtualWorker;
    const { loadModel } = await import('../model/load-model.ts');
    const { PhaseRunner } = await import('./phase-runner.ts');
    const model = await loadModel(request.model, { batchSize });
    const runner = new PhaseRunner(model, { batchSize, compile: request.engine.compile });
    return new ComputeSession(request, { fingerprint, device, model: describeModel(model) }, model, runner);
  }

  initialize(): Float32Array {
    return initialParametersOf(this.#model, this.#seed);
  }

  setParameters({ group, flat }: GroupParameters): void {
    this.#runner.setParameters(group, flat);
  }

  async compute(work: BlockWork, signal: AbortSignal): Promise<BlockSum> {
    const start = performance.now();
    const sum = await this.#computer.compute(work, signal);
    return { sum, seconds: (performance.now() - start) / 1000 };
  }

  async render(work: RenderWork): Promise<RenderedImages> {
    const { renderImages } = await import('../sample/render.ts');
    return renderImages(this.#model, work.parameters, work.statistics, work.inputs);
  }

  state(): EngineState {
    return this.#runner.state();
  }
}

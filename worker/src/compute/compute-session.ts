import { alignedFloats } from '@atelier/shared/kernels/aligned-floats';
import { Kernels } from '@atelier/shared/kernels/kernels';
import { nodeLayoutOf } from '@atelier/shared/layout/flat-layout';
import { MemoryError } from '@atelier/shared/memory/memory-error';
import { atOnce } from '@atelier/shared/memory/pauses';
import { readFloats } from '@atelier/shared/memory/segment';
import { GRADIENT_FORMATS, nodeWireOf } from '@atelier/shared/wire/node-wire';
import { parameterWireOf } from '@atelier/shared/wire/parameter-wire';
import { loadEngine } from '../engine/load-engine.ts';
import type { Model } from '../model/define-model.ts';
import { initialParametersOf } from '../model/initial-parameters.ts';
import { describeModel } from '../model/model-description.ts';
import type { EngineState } from '../phases/engine-state.ts';
import type { PhaseRunning } from '../phases/phase-runner-types.ts';
import type { FrozenGraph } from '../trained/frozen-graph.ts';
import type {
  JudgedImages,
  JudgeInputs,
  RenderedImages,
  RenderWork,
  StyleCodeWork,
  TrainedFlats,
} from '../trained/trained-work.ts';
import { BlockComputer } from './block-computer.ts';
import { ComputeError } from './compute-error.ts';
import type {
  BlockSum,
  BlockWork,
  GroupDifference,
  GroupParameters,
  LentParameters,
  LoadReply,
  LoadRequest,
  ReadOutcome,
} from './compute-messages.ts';
import { HeldParameters } from './held-parameters.ts';

/** The engine and one model in it. Lives in the compute thread. */
export class ComputeSession {
  readonly loaded: LoadReply;
  readonly #model: Model;
  readonly #seed: number;
  readonly #runner: PhaseRunning;
  readonly #computer: BlockComputer;
  readonly #held: HeldParameters | undefined;
  /** By group: where its parameters are read to, version after version. */
  readonly #read = new Map<string, Float32Array>();

  private constructor(request: LoadRequest, loaded: LoadReply, model: Model, runner: PhaseRunning) {
    this.loaded = loaded;
    this.#model = model;
    this.#seed = request.seed;
    this.#runner = runner;
    const parameterWire = parameterWireOf(request.wire);
    if (parameterWire !== undefined) this.#held = new HeldParameters(Kernels.load(), parameterWire);
    const options = { ...request, phases: model.phases };
    if (GRADIENT_FORMATS[request.wire] === 'f32') {
      this.#computer = new BlockComputer(options, { runner });
      return;
    }
    const kernels = Kernels.load();
    const definition = { ...loaded.model, model: model.name, domains: [] };
    const wires = definition.phases.map((phase) =>
      nodeWireOf(request.wire, nodeLayoutOf(definition, phase), kernels),
    );
    this.#computer = new BlockComputer({ ...options, wires }, { runner });
  }

  /** Whatever imports TensorFlow is imported here, after the engine is set: its thread count is fixed on loading. */
  static async open(request: LoadRequest): Promise<ComputeSession> {
    const { fingerprint, device } = await loadEngine(request.engine);
    const batchSize = request.batchPerVirtualWorker;
    const { loadModel } = await import('../presets/load-model.ts');
    const { PhaseRunner } = await import('../phases/phase-runner.ts');
    const model = await loadModel(request.model, { batchSize });
    const { compile, ops } = fingerprint;
    const runner = new PhaseRunner(model, { batchSize, compile, ops });
    return new ComputeSession(request, { fingerprint, device, model: describeModel(model) }, model, runner);
  }

  initialize(): Float32Array {
    return initialParametersOf(this.#model, this.#seed);
  }

  /** What is read fails, if it does, with nothing of the group left: what is computed with it then fails, too. */
  readParameters({ group, segment, length, isDifference }: LentParameters): ReadOutcome {
    try {
      if (isDifference) {
        const difference = new Float32Array(this.#heldOf(group).wire.wordsOf(length));
        atOnce(readFloats(segment, difference));
        this.addDifference({ group, difference });
      } else {
        this.#drop(group);
        // The engine takes what is aligned as it is.
        const flat = this.#read.get(group) ?? alignedFloats(length);
        this.#read.set(group, flat);
        atOnce(readFloats(segment, flat));
        this.setParameters({ group, flat });
      }
      return {};
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      this.#drop(group);
      return { failure: { code: error.code, message: error.message } };
    }
  }

  setParameters({ group, flat }: GroupParameters): void {
    this.#held?.set(group, flat);
    this.#computer.parametersChanged(group);
    this.#runner.setParameters(group, flat);
  }

  /** @throws ComputeError 'failed' where the group was never set, or the run's wire has no differences */
  addDifference({ group, difference }: GroupDifference): void {
    const held = this.#heldOf(group);
    this.#computer.parametersChanged(group);
    // The kernel's memory stays the kernel's.
    this.#runner.setParameters(group, held.add(group, difference).slice());
  }

  compute(work: BlockWork, signal: AbortSignal): Promise<BlockSum> {
    return this.#computer.compute(work, signal);
  }

  begin(work: BlockWork): void {
    this.#computer.begin(work);
  }

  async render(work: RenderWork): Promise<RenderedImages> {
    const { renderImages } = await import('../trained/render.ts');
    return renderImages(this.#model, work.parameters, work.statistics, work.inputs);
  }

  async freeze(trained: TrainedFlats): Promise<FrozenGraph> {
    const { freezeGenerator } = await import('../trained/freeze-generator.ts');
    return freezeGenerator(this.#model, trained);
  }

  async styleCodes({ styles, ...trained }: StyleCodeWork): Promise<Float32Array> {
    const { withTrained } = await import('../trained/group-tensors.ts');
    const { styleCodesOf } = await import('../trained/mixed-styles.ts');
    const model = this.#model;
    return withTrained(model, model.generate.uses, trained, (tensors) =>
      styleCodesOf(model, tensors, styles),
    );
  }

  async judge(trained: TrainedFlats, inputs: JudgeInputs): Promise<JudgedImages> {
    const { withTrained } = await import('../trained/group-tensors.ts');
    const { judgeImages } = await import('../trained/saliency.ts');
    const model = this.#model;
    return withTrained(model, model.judge?.uses ?? [], trained, (tensors) =>
      judgeImages(model, tensors, inputs),
    );
  }

  state(): EngineState {
    return this.#runner.state();
  }

  #heldOf(group: string): HeldParameters {
    if (this.#held !== undefined) return this.#held;
    throw new ComputeError(
      'failed',
      `got a difference of group '${group}', but the wire of this run sends whole parameters`,
    );
  }

  #drop(group: string): void {
    this.#computer.parametersChanged(group);
    this.#runner.dropParameters(group);
  }
}

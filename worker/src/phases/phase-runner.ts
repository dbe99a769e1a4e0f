import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import {
  type FlatLayout,
  flatLayoutOf,
  type NodeLayout,
  nodeLayoutOf,
  sizeOf,
} from '@atelier/shared/layout/flat-layout';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { fixSecondOrderGradients } from '../engine/second-order-gradients.ts';
import { nativeBinding, nativeIdsOf } from '../graph/native-backend.ts';
import type { Model, ModelPhase } from '../model/define-model.ts';
import { describeModel } from '../model/model-description.ts';
import { named } from '../model/named.ts';
import type { BegunLeaf } from './compiled-phase.ts';
import type { EngineState } from './engine-state.ts';
import { inScope } from './in-scope.ts';
import { PhaseError } from './phase-error.ts';
import type { LeafInputs } from './phase-leaf.ts';
import { type PhaseProgram, phaseProgramOf } from './phase-program.ts';
import type { PhaseRunInputs, PhaseRunning } from './phase-runner-types.ts';
import { rehearsalOf, rehearsalParametersOf } from './rehearsal.ts';

export interface PhaseRunnerOptions {
  /** Examples of one virtual worker. */
  readonly batchSize: number;
  /** Record each phase once into a TensorFlow graph and run it in one call. */
  readonly compile: boolean;
  /** Whose ops compute a compiled phase; ours where the engine's fingerprint says so. Default: TensorFlow's. */
  readonly ops?: EngineFingerprint['ops'];
  /** Told when a phase cannot be compiled; default: a process warning. */
  readonly warn?: (message: string) => void;
}

/** Runs a model's phases on the engine: flat buffers in, leaves of the reduction tree out; the same bits every time. */
export class PhaseRunner implements PhaseRunning {
  readonly #model: Model;
  readonly #options: PhaseRunnerOptions;
  readonly #layouts: Readonly<Record<string, FlatLayout>>;
  readonly #nodes: readonly NodeLayout[];
  readonly #parameters = new Map<string, tf.Tensor1D>();
  readonly #programs = new Map<ModelPhase, Map<string, PhaseProgram>>();

  constructor(model: Model, options: PhaseRunnerOptions) {
    fixSecondOrderGradients();
    this.#model = model;
    this.#options = options;
    const definition = { ...describeModel(model), model: model.name, domains: [] };
    this.#layouts = Object.fromEntries(
      definition.groups.map(({ name, tensors }) => [name, flatLayoutOf(tensors)]),
    );
    this.#nodes = definition.phases.map((phase) => nodeLayoutOf(definition, phase));
  }

  /** @throws PhaseError wrong-inputs */
  setParameters(group: string, flat: Float32Array): void {
    const layout = this.#layouts[group];
    if (layout?.size !== flat.length) {
      throw new PhaseError(
        'wrong-inputs',
        `parameters of group '${group}': got ${flat.length} numbers, the model has ${layout?.size ?? 'no such group'}`,
      );
    }
    this.dropParameters(group);
    // The engine shares the memory of the array that a tensor is made from.
    const tensor = tf.tensor1d(flat);
    nativeIdsOf([tensor]);
    this.#parameters.set(group, tensor);
  }

  dropParameters(group: string): void {
    this.#parameters.get(group)?.dispose();
    this.#parameters.delete(group);
  }

  /** @throws PhaseError */
  run(inputs: PhaseRunInputs, begun?: BegunLeaf): Float32Array {
    return this.#with(inputs, -(begun?.numTensors ?? 0), (program, leaf) => program.run(leaf, begun));
  }

  begin(inputs: PhaseRunInputs): BegunLeaf | undefined {
    return this.#with(inputs, undefined, (program, leaf) => program.begin(leaf));
  }

  lateGroupOf(phaseIndex: number): string | undefined {
    return this.#model.phases.at(phaseIndex - 1)?.group;
  }

  /** @param numAdded tensors that the work leaves; without it those that its result says */
  #with<Result extends BegunLeaf | Float32Array | undefined>(
    { phaseIndex, iteration, batch, noise }: PhaseRunInputs,
    numAdded: number | undefined,
    work: (program: PhaseProgram, inputs: LeafInputs) => Result,
  ): Result {
    const phase = this.#model.phases[phaseIndex];
    const node = this.#nodes[phaseIndex];
    if (phase === undefined || node === undefined) {
      throw new PhaseError('wrong-inputs', `phase ${phaseIndex}: the model has ${this.#model.phases.length}`);
    }
    const program = this.#programOf(
      { phase, node, lateGroup: this.lateGroupOf(phaseIndex) },
      phase.variantOf?.(iteration) ?? '',
    );
    const numBefore = numAlive();
    const result = inScope(() =>
      work(program, {
        parameters: this.#parametersOf(phase),
        batch: this.#batchOf(phase, batch),
        noise: this.#noiseOf(phase, noise),
      }),
    );
    const numKept = numAdded ?? (result !== undefined && 'numTensors' in result ? result.numTensors : 0);
    const numLeft = numAlive() - numBefore - numKept;
    if (numLeft !== 0) {
      throw new PhaseError(
        'leak',
        `phase '${phase.name}' kept ${numLeft} tensors: run() must not keep tensors`,
      );
    }
    return result;
  }

  state(): EngineState {
    const { numTensors, numBytes } = tf.memory();
    const kinds = [...this.#programs.values()].flatMap((variants) =>
      Array.from(variants.values(), ({ kind }) => kind),
    );
    const numCompiled = kinds.filter((kind) => kind === 'compiled').length;
    const numFallback = this.#options.compile ? kinds.length - numCompiled : 0;
    return { numTensors, numBytes, numCompiled, numFallback };
  }

  dispose(): void {
    for (const flat of this.#parameters.values()) flat.dispose();
    this.#parameters.clear();
    for (const variants of this.#programs.values())
      for (const program of variants.values()) program.dispose();
    this.#programs.clear();
  }

  /** Made on first use; an nCritic phase stands in the list several times, with two programs at most. */
  #programOf(
    { phase, node, lateGroup }: { phase: ModelPhase; node: NodeLayout; lateGroup: string | undefined },
    variant: string,
  ): PhaseProgram {
    const programs = this.#programs.get(phase) ?? new Map<string, PhaseProgram>();
    this.#programs.set(phase, programs);
    const key = `${variant}/${lateGroup}`;
    const known = programs.get(key);
    if (known !== undefined) return known;
    const { compile, ops = 'tensorflow', warn = (message) => process.emitWarning(message) } = this.#options;
    const program = inScope(() => {
      const { batch, noise } = rehearsalOf(this.#model, phase, this.#options.batchSize);
      const flats = rehearsalParametersOf(this.#model);
      const parameters = groupsOf(phase).map((group) => [group, tf.tensor1d(named(flats, group))]);
      return phaseProgramOf(
        { phase, variant, node, layouts: this.#layouts, compile, ops, lateGroup, warn },
        {
          parameters: Object.fromEntries(parameters),
          batch: this.#batchOf(phase, batch),
          noise: this.#noiseOf(phase, noise),
        },
      );
    });
    programs.set(key, program);
    return program;
  }

  #parametersOf(phase: ModelPhase): Record<string, tf.Tensor1D> {
    return Object.fromEntries(
      groupsOf(phase).map((group) => {
        const held = this.#parameters.get(group);
        if (held !== undefined) return [group, held];
        throw new PhaseError(
          'wrong-inputs',
          `phase '${phase.name}' needs the parameters of group '${group}': set them first`,
        );
      }),
    );
  }

  #batchOf(phase: ModelPhase, batch: PhaseRunInputs['batch']): Record<string, tf.Tensor4D> {
    return Object.fromEntries(
      phase.reads.map((domain) => {
        const { size = 0, channels = 0 } = this.#model.domains[domain] ?? {};
        const shape: [number, number, number, number] = [this.#options.batchSize, size, size, channels];
        return [domain, tf.tensor4d(checked(batch[domain], shape, `batch of '${domain}'`, phase), shape)];
      }),
    );
  }

  #noiseOf(phase: ModelPhase, noise: PhaseRunInputs['noise']): Record<string, tf.Tensor> {
    return Object.fromEntries(
      Object.entries(phase.noiseOf(this.#options.batchSize)).map(([name, { shape }]) => [
        name,
        tf.tensor(checked(noise[name], shape, `noise '${name}'`, phase), [...shape]),
      ]),
    );
  }
}

/** The groups that a phase needs, in one order. */
function groupsOf({ group, uses }: ModelPhase): string[] {
  return [...new Set([group, ...uses])];
}

/** TF.js's tensors and the engine's: either may leak alone. */
function numAlive(): number {
  return tf.memory().numTensors + nativeBinding().getNumOfTensors();
}

function checked(
  values: Float32Array | undefined,
  shape: readonly number[],
  what: string,
  phase: ModelPhase,
): Float32Array {
  if (values?.length === sizeOf(shape)) return values;
  throw new PhaseError(
    'wrong-inputs',
    `phase '${phase.name}' needs the ${what} as [${shape.join()}]; got ${values?.length ?? 'no'} numbers`,
  );
}

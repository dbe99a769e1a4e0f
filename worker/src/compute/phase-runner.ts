import {
  type FlatLayout,
  flatLayoutOf,
  type NodeLayout,
  nodeLayoutOf,
  sizeOf,
} from '@atelier/shared/layout/flat-layout';
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Model, ModelPhase } from '../model/define-model.ts';
import { describeModel } from '../model/model-description.ts';
import { PhaseError } from './phase-error.ts';
import { type LeafInputs, leafOf } from './phase-leaf.ts';
import type { PhaseRunInputs, PhaseRunning } from './phase-runner-types.ts';

export interface PhaseRunnerOptions {
  /** Examples of one virtual worker. */
  readonly batchSize: number;
  /** Record each phase once into a TensorFlow graph and run it in one call. */
  readonly compile: boolean;
}

interface HeldParameters {
  readonly version: number;
  readonly flat: tf.Tensor1D;
}

/** Runs a model's phases on the engine: flat buffers in, leaves of the reduction tree out; the same bits every time. */
export class PhaseRunner implements PhaseRunning {
  readonly #model: Model;
  readonly #batchSize: number;
  readonly #layouts: Readonly<Record<string, FlatLayout>>;
  readonly #nodes: readonly NodeLayout[];
  readonly #parameters = new Map<string, HeldParameters>();

  constructor(model: Model, options: PhaseRunnerOptions) {
    this.#model = model;
    this.#batchSize = options.batchSize;
    const definition = { ...describeModel(model), model: model.name, domains: [] };
    this.#layouts = Object.fromEntries(
      definition.groups.map(({ name, tensors }) => [name, flatLayoutOf(tensors)]),
    );
    this.#nodes = definition.phases.map((phase) => nodeLayoutOf(definition, phase));
  }

  /** @throws PhaseError wrong-inputs */
  setParameters(group: string, flat: Float32Array, version: number): void {
    const held = this.#parameters.get(group);
    if (held?.version === version) return;
    const layout = this.#layouts[group];
    if (layout?.size !== flat.length) {
      throw new PhaseError(
        'wrong-inputs',
        `parameters of group '${group}': got ${flat.length} numbers, the model has ${layout?.size ?? 'no such group'}`,
      );
    }
    held?.flat.dispose();
    // The engine shares the memory of the array that a tensor is made from: it needs one of its own.
    this.#parameters.set(group, { version, flat: tf.tensor1d(flat.slice()) });
  }

  /** @throws PhaseError */
  run(inputs: PhaseRunInputs): Float32Array {
    const phase = this.#model.phases[inputs.phaseIndex];
    const node = this.#nodes[inputs.phaseIndex];
    if (phase === undefined || node === undefined) {
      throw new PhaseError(
        'wrong-inputs',
        `phase ${inputs.phaseIndex}: the model has ${this.#model.phases.length}`,
      );
    }
    const numBefore = this.numTensors();
    const leafInputs: LeafInputs = {
      parameters: this.#parametersOf(phase),
      batch: this.#batchOf(phase, inputs.batch),
      noise: this.#noiseOf(phase, inputs.noise),
    };
    const variant = phase.variantOf?.(inputs.iteration) ?? '';
    const leaf = leafOf({ phase, variant, node, layouts: this.#layouts }, leafInputs);
    const values = leaf.dataSync<'float32'>();
    tf.dispose([leaf, leafInputs.batch, leafInputs.noise]);
    const numLeft = this.numTensors() - numBefore;
    if (numLeft !== 0) {
      throw new PhaseError(
        'leak',
        `phase '${phase.name}' left ${numLeft} tensors behind: nothing in run() may be kept`,
      );
    }
    return values;
  }

  numTensors(): number {
    return tf.memory().numTensors;
  }

  dispose(): void {
    for (const { flat } of this.#parameters.values()) flat.dispose();
    this.#parameters.clear();
  }

  #parametersOf(phase: ModelPhase): Record<string, tf.Tensor1D> {
    return Object.fromEntries(
      [...new Set([phase.group, ...phase.uses])].map((group) => {
        const held = this.#parameters.get(group);
        if (held !== undefined) return [group, held.flat];
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
        const shape: [number, number, number, number] = [this.#batchSize, size, size, channels];
        return [domain, tf.tensor4d(checked(batch[domain], shape, `batch of '${domain}'`, phase), shape)];
      }),
    );
  }

  #noiseOf(phase: ModelPhase, noise: PhaseRunInputs['noise']): Record<string, tf.Tensor> {
    return Object.fromEntries(
      Object.entries(phase.noiseOf(this.#batchSize)).map(([name, { shape }]) => [
        name,
        tf.tensor(checked(noise[name], shape, `noise '${name}'`, phase), [...shape]),
      ]),
    );
  }
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

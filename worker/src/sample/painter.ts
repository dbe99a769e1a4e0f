import type { NamedTensor } from '@atelier/shared/checkpoint/safetensors';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { TensorShape } from '@atelier/shared/layout/run-definition';
import { ComputeClient } from '../compute/compute-client.ts';
import type { ModelDescription } from '../model/model-description.ts';
import { ModelError } from '../model/model-error.ts';
import { named } from '../model/named.ts';
import type { FrozenGraph } from '../trained/frozen-graph.ts';
import type {
  JudgedImages,
  JudgeInputs,
  RenderedImages,
  RenderInputs,
  TrainedFlats,
} from '../trained/trained-work.ts';
import { checkFit } from './check-fit.ts';

/**
 * A trained model outside its run: paints with the parameters of a checkpoint, the moving average where there is one.
 * Owns a compute thread until it is closed.
 */
export class Painter {
  readonly model: ModelDescription;
  readonly #snapshot: RunSnapshot;
  readonly #compute: ComputeClient;

  private constructor(model: ModelDescription, snapshot: RunSnapshot, compute: ComputeClient) {
    this.model = model;
    this.#snapshot = snapshot;
    this.#compute = compute;
  }

  /** @throws ComputeError, ModelError when the checkpoint is of another version of the model */
  static async open(config: RunConfig, snapshot: RunSnapshot): Promise<Painter> {
    const compute = new ComputeClient();
    compute.start();
    try {
      const { model } = await compute.load(config);
      checkFit(model, snapshot);
      return new Painter(model, snapshot, compute);
    } catch (error) {
      await compute.stop();
      throw error;
    }
  }

  /** Takes the inputs' arrays over. @throws ComputeError */
  async paint(
    inputs: RenderInputs,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<RenderedImages> {
    return this.#compute.render({ ...this.#trained(this.model.generate.uses), inputs }, signal);
  }

  /**
   * The generator as a graph that stands alone, for one image at a time.
   * @throws ComputeError that says why it cannot be one
   */
  freeze(): Promise<FrozenGraph> {
    return this.#compute.freeze(this.#trained(this.model.generate.uses));
  }

  /** The style code of each style image [s, size, size, 3]: rows of one length. Takes the array over. @throws ComputeError */
  async styleCodes(styles: Float32Array): Promise<number[][]> {
    const { style, uses } = stylizing(this.model);
    const { size } = named(this.model.domains, style);
    const numStyles = styles.length / (size * size * 3);
    const codes = await this.#compute.styleCodes({ ...this.#trained(uses), styles });
    const length = codes.length / numStyles;
    return Array.from({ length: numStyles }, (_, i) => [...codes.subarray(i * length, (i + 1) * length)]);
  }

  /** What the discriminator thinks of images, and where it looks. @throws ComputeError */
  judge(inputs: JudgeInputs): Promise<JudgedImages> {
    return this.#compute.judge(this.#trained(this.model.judge?.uses ?? []), inputs);
  }

  /** What the generator is made of: `group/tensor`, and `group/statistics/tensor`. Views, not copies. */
  tensors(): NamedTensor[] {
    const { groups, generate } = this.model;
    return groups.flatMap(({ name: group, tensors, statistics }) => {
      const state = this.#snapshot.groups[group];
      if (!generate.uses.includes(group) || state === undefined) return [];
      return [
        ...namedTensors(group, tensors, state.ema ?? state.parameters),
        ...namedTensors(`${group}/statistics`, statistics, state.statistics),
      ];
    });
  }

  async close(): Promise<void> {
    await this.#compute.stop();
  }

  /** Copies: they are handed over to the compute thread. */
  #trained(groups: readonly string[]): TrainedFlats {
    const used = groups.flatMap((name) => {
      const state = this.#snapshot.groups[name];
      return state === undefined ? [] : [{ name, state }];
    });
    const parameters = Object.fromEntries(
      used.map(({ name, state }) => [name, (state.ema ?? state.parameters).slice()]),
    );
    const statistics = Object.fromEntries(used.map(({ name, state }) => [name, state.statistics.slice()]));
    return { parameters, statistics };
  }
}

function stylizing({ name, generate }: ModelDescription) {
  if (generate.kind === 'stylize') return generate;
  throw new ModelError('no-styles', `model '${name}' makes images from noise, it has no styles`);
}

function namedTensors(prefix: string, specs: readonly TensorShape[], flat: Float32Array): NamedTensor[] {
  return flatLayoutOf(specs).tensors.map(({ name, shape, offset, size }) => ({
    name: `${prefix}/${name}`,
    shape,
    values: flat.subarray(offset, offset + size),
  }));
}

import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import { ComputeClient } from '../compute/compute-client.ts';
import type { RenderedImages, RenderInputs } from '../compute/compute-messages.ts';
import type { ModelDescription } from '../model/model-description.ts';
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
    const used = this.model.generate.uses.flatMap((name) => {
      const state = this.#snapshot.groups[name];
      return state === undefined ? [] : [{ name, state }];
    });
    // Copies: they are handed over to the compute thread.
    const parameters = Object.fromEntries(
      used.map(({ name, state }) => [name, (state.ema ?? state.parameters).slice()]),
    );
    const statistics = Object.fromEntries(used.map(({ name, state }) => [name, state.statistics.slice()]));
    return this.#compute.render({ parameters, statistics, inputs }, signal);
  }

  async close(): Promise<void> {
    await this.#compute.stop();
  }
}

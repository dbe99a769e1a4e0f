import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { GroupDefinition } from '@atelier/shared/layout/run-definition';
import type { DataPlane } from '../grpc/data-plane.ts';
import type { LoadedRun } from '../loaded-run/loaded-run.ts';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { encodePng } from '../sample/png.ts';
import { sampleGridOf } from '../sample/sample-grid.ts';

export interface SampleRequest {
  /** The commit to be drawn. */
  readonly step: number;
  readonly iteration: number;
}

/** Draws the run's sample grid with the parameters of one commit and sends it. */
export class SampleRenderer {
  readonly #run: LoadedRun;
  readonly #dataPlane: DataPlane;
  readonly #metrics: WorkerMetrics;
  #numUnderWay = 0;

  constructor(modules: {
    readonly run: LoadedRun;
    readonly dataPlane: DataPlane;
    readonly metrics: WorkerMetrics;
  }) {
    this.#run = modules.run;
    this.#dataPlane = modules.dataPlane;
    this.#metrics = modules.metrics;
  }

  get isRendering(): boolean {
    return this.#numUnderWay > 0;
  }

  /** @throws DataPlaneError | DatasetError | ComputeError */
  async render({ step, iteration }: SampleRequest, signal: AbortSignal): Promise<void> {
    const { engine, datasets, config, compute } = this.#run;
    this.#numUnderWay += 1;
    try {
      const [grid, parameters, statistics] = await Promise.all([
        sampleGridOf(engine.model, datasets, config.samples),
        this.#pullAll('ema', step, ({ tensors }) => tensors, signal),
        this.#pullAll('statistics', step, (group) => group.statistics, signal),
      ]);
      const work = { parameters, statistics, inputs: grid.inputs };
      const painted = await this.#metrics.during('compute', () => compute.render(work, signal));
      await this.#dataPlane.pushSample({ step, iteration, png: await encodePng(grid.arrange(painted)) });
    } finally {
      this.#numUnderWay -= 1;
    }
  }

  async #pullAll(
    kind: 'ema' | 'statistics',
    version: number,
    tensorsOf: (group: GroupDefinition) => GroupDefinition['tensors'],
    signal: AbortSignal,
  ): Promise<Record<string, Float32Array>> {
    const { uses } = this.#run.engine.model.generate;
    const groups = this.#run.definition.groups.filter(({ name }) => uses.includes(name));
    const pulled = groups.map(async (group) => {
      const { size: length } = flatLayoutOf(tensorsOf(group));
      const wanted = { group: group.name, version, length };
      return [
        group.name,
        length === 0 ? new Float32Array() : (await this.#dataPlane.pull(kind, wanted, signal)).values,
      ] as const;
    });
    return Object.fromEntries(await Promise.all(pulled));
  }
}

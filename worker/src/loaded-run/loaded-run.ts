import { type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { layoutHashOf, type RunDefinition } from '@atelier/shared/layout/run-definition';
import { ComputeClient } from '../compute/compute-client.ts';
import type { LoadReply } from '../compute/compute-messages.ts';
import type { Dataset } from '../data/dataset.ts';
import { type OpenDatasetOptions, openDataset } from '../datasets/open-dataset.ts';
import type { ModelDescription } from '../model/model-description.ts';
import { BatchSource } from './batch-source.ts';
import { runDefinitionOf } from './run-definition-of.ts';
import { WorkerError } from './worker-error.ts';

export interface LoadOptions extends Pick<OpenDatasetOptions, 'log' | 'signal'> {
  /** Overrides the config's device. */
  readonly device?: RunConfig['engine']['device'] | undefined;
}

/** TensorFlow takes its settings once in a process's life, whichever thread loads it. */
let settingsOfProcess: string | undefined;

/** A run's engine, model and data, ready to compute. Outlives memberships: a reconnect loads nothing again. */
export class LoadedRun {
  readonly config: RunConfig;
  readonly engine: LoadReply;
  readonly definition: RunDefinition;
  readonly layoutHash: string;
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly batches: BatchSource;
  readonly compute: ComputeClient;

  private constructor(
    config: RunConfig,
    engine: LoadReply,
    modules: { readonly datasets: ReadonlyMap<string, Dataset>; readonly compute: ComputeClient },
  ) {
    this.config = config;
    this.engine = engine;
    this.definition = runDefinitionOf(engine.model, modules.datasets);
    this.layoutHash = layoutHashOf(this.definition);
    this.datasets = modules.datasets;
    this.compute = modules.compute;
    this.batches = new BatchSource({ ...config, definition: this.definition }, modules);
  }

  /**
   * @param configJson as Welcome brings it
   * @throws WorkerError | ComputeError | DatasetError
   */
  static async open(configJson: string, options: LoadOptions = {}): Promise<LoadedRun> {
    const config = configOf(configJson);
    const compute = new ComputeClient();
    let datasets: ReadonlyMap<string, Dataset> = new Map();
    try {
      const settings = { ...config.engine, device: options.device ?? config.engine.device };
      checkSettings(settings);
      compute.start();
      const engine = await compute.load({ ...config, engine: settings });
      datasets = await openDatasets(config.data, engine.model, options);
      return new LoadedRun(config, engine, { datasets, compute });
    } catch (error) {
      await close(datasets, compute);
      throw error;
    }
  }

  async close(): Promise<void> {
    await close(this.datasets, this.compute);
  }
}

async function close(datasets: ReadonlyMap<string, Dataset>, compute: ComputeClient): Promise<void> {
  await Promise.allSettled([...Array.from(datasets.values(), (dataset) => dataset.close()), compute.stop()]);
}

function configOf(configJson: string): RunConfig {
  try {
    return runConfigSchema.parse(JSON.parse(configJson));
  } catch (cause) {
    throw new WorkerError(
      'bad-config',
      'the coordinator sent a config that this worker cannot read: use one version of Atelier for all processes',
      {
        cause,
      },
    );
  }
}

/** @throws WorkerError `other-engine` */
function checkSettings({ device, intraOpThreads }: RunConfig['engine']): void {
  const wanted = `device ${device}, ${intraOpThreads} intra-op threads`;
  settingsOfProcess ??= wanted;
  if (settingsOfProcess === wanted) return;
  throw new WorkerError(
    'other-engine',
    `the new run wants TensorFlow with ${wanted}; this process has loaded it with ${settingsOfProcess} and cannot change that: ` +
      'restart the worker',
  );
}

/** In the model's order, which becomes the definition's. */
async function openDatasets(
  data: RunConfig['data'],
  model: ModelDescription,
  { log, signal }: LoadOptions,
): Promise<Map<string, Dataset>> {
  const domains = Object.keys(model.domains);
  const unused = Object.keys(data).find((domain) => !domains.includes(domain));
  if (unused !== undefined) {
    throw new WorkerError(
      'data',
      `data.${unused}: model '${model.name}' has no domain of this name: remove it, or use one of ${domains.join(', ')}`,
    );
  }
  const opened = Object.entries(model.domains).map(async ([domain, shape]) => {
    const config = data[domain];
    if (config === undefined) {
      throw new WorkerError(
        'data',
        `data.${domain} is missing: model '${model.name}' needs a data set for each of ${domains.join(', ')}`,
      );
    }
    return [domain, await openDataset(config, shape, { log, signal })] as const;
  });
  return new Map(await Promise.all(opened));
}

import type { LoadedCheckpoint } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { DatasetConfig, RunConfig } from '@atelier/shared/config/run-config';
import type { EvaluatedRun, MeasuredRuns } from '@atelier/worker/evaluate/evaluate-runs';
import type { EvaluationSplit } from '@atelier/worker/evaluate/evaluation-data';
import { CommandError } from '../terminal/command-error.ts';
import { say } from '../terminal/output.ts';

export interface CheckpointsEvaluation {
  /** With the names of their rows; at least one. */
  readonly checkpoints: readonly { readonly name: string; readonly checkpoint: LoadedCheckpoint }[];
  readonly split: EvaluationSplit;
  /** Instead of what the first run was trained on. */
  readonly content?: DatasetConfig | undefined;
  readonly style?: DatasetConfig | undefined;
  readonly pairs: number;
  readonly seeds: readonly number[];
  /** So many pairs come back as pictures. */
  readonly show: number;
  /** Instead of the first run's. */
  readonly device?: 'auto' | 'cpu' | 'gpu' | undefined;
  /** How long the networks that measure are trained. Default: as long as numbers that compare ask for. */
  readonly judgeSteps?: number | undefined;
  readonly featureSteps?: number | undefined;
  /** Told of every bit of progress. */
  readonly onProgress?: (what: string) => void;
}

/** Progress is said so often at most, for each part of the work. */
const SAID_PARTS = 10;

/** Loads the engine of the first run, once in the life of the process. @throws CommandError, and as evaluateRuns */
export async function evaluateCheckpoints(options: CheckpointsEvaluation): Promise<MeasuredRuns> {
  const runs = options.checkpoints.map(({ name, checkpoint }) => evaluatedRunOf(name, checkpoint));
  const [first] = runs;
  if (first === undefined) throw new CommandError('usage', 'no run is named: give --run PLACE');
  // The engine before anything that imports it.
  const { loadEngine } = await import('@atelier/worker/engine/load-engine');
  const { engine } = first.config;
  const { fingerprint } = await loadEngine({ ...engine, device: options.device ?? engine.device });
  const { evaluateRuns } = await import('@atelier/worker/evaluate/evaluate-runs');
  const { FULL_EFFORT } = await import('@atelier/worker/evaluate/evaluators/open-evaluators');
  const { evaluatorCacheFolder } = await import('@atelier/worker/data/cache-config');
  const sayProgress = progressSayer();
  return evaluateRuns({
    runs,
    ...(await dataOf(first.config, options)),
    split: options.split,
    numPairs: options.pairs,
    seeds: options.seeds,
    effort: {
      ...FULL_EFFORT,
      judgeSteps: options.judgeSteps ?? FULL_EFFORT.judgeSteps,
      styleSteps: options.featureSteps ?? FULL_EFFORT.styleSteps,
    },
    numShown: options.show,
    cacheFolder: evaluatorCacheFolder(),
    fingerprint,
    onProgress: (what, done, total) => {
      sayProgress(what, done, total);
      options.onProgress?.(`${what}: ${done} of ${total}`);
    },
  });
}

function evaluatedRunOf(name: string, { manifest, snapshot }: LoadedCheckpoint): EvaluatedRun {
  const { config, step, iteration, parametersDigest: digest, definition } = manifest;
  const trainedOn = definition.domains.map((domain) => domain.digest);
  return { name, config, checkpoint: { step, iteration, digest }, snapshot, trainedOn };
}

/** What is asked for, else what the run was trained on; the split is set later. */
async function dataOf(
  config: RunConfig,
  { content, style }: Pick<CheckpointsEvaluation, 'content' | 'style'>,
): Promise<Record<'content' | 'style', DatasetConfig>> {
  const { loadModel } = await import('@atelier/worker/presets/load-model');
  const { generate, name } = await loadModel(config.model, { batchSize: config.batchPerVirtualWorker });
  if (generate.kind !== 'stylize')
    throw new CommandError(
      'refused',
      `model ${name} makes images from noise, so no style can be measured: evaluate a run of a model that stylizes`,
    );
  const of = (domain: string, other: DatasetConfig | undefined): DatasetConfig => {
    const own = other ?? config.data[domain];
    if (own === undefined)
      throw new CommandError(
        'failure',
        `the config of the run has no data set for ${domain}: give one with --content or --style`,
      );
    return own;
  };
  return { content: of(generate.content, content), style: of(generate.style, style) };
}

/** A line for each tenth of each part of the work. */
function progressSayer(): (what: string, done: number, total: number) => void {
  let said = '';
  return (what, done, total) => {
    const key = `${what} ${Math.floor((SAID_PARTS * done) / total)}`;
    if (key === said) return;
    said = key;
    say(`${what}: ${done} of ${total}`);
  };
}

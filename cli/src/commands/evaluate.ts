import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadedCheckpoint } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { DatasetConfig } from '@atelier/shared/config/run-config';
import type { Evaluation } from '@atelier/shared/evaluation/evaluation';
import type { EvaluationSplit } from '@atelier/worker/evaluate/evaluation-data';
import { Command, InvalidArgumentError, Option } from 'commander';
import { whenLauncherGone } from '../cluster/launcher-gone.ts';
import { CoordinatorReporter } from '../evaluation/coordinator-reporter.ts';
import { evaluateCheckpoints } from '../evaluation/evaluate-checkpoints.ts';
import { followRun } from '../evaluation/follow-run.ts';
import { followedRun } from '../evaluation/followed-run.ts';
import { measuredOf } from '../evaluation/measured-of.ts';
import { evaluationLine } from '../evaluation/metric-words.ts';
import { reportText } from '../evaluation/report-text.ts';
import { writeReport } from '../evaluation/write-report.ts';
import { readCoordinatorFile } from '../operator/find-coordinator.ts';
import {
  type CheckpointPlaces,
  checkpointOfStep,
  newestCheckpoint,
  openCheckpointPlaces,
  RUN_PLACE,
} from '../run-folder/checkpoint-places.ts';
import { CommandError } from '../terminal/command-error.ts';
import { print, printResult, say } from '../terminal/output.ts';
import { DATA_SPECS, datasetOf } from './data-spec.ts';
import { count, examples } from './run-options.ts';

interface EvaluateOptions {
  readonly run?: readonly string[];
  readonly follow?: boolean;
  readonly checkpoint?: number;
  readonly split?: EvaluationSplit;
  readonly content?: DatasetConfig;
  readonly style?: DatasetConfig;
  readonly pairs?: number;
  readonly seeds: readonly number[];
  readonly show: number;
  readonly out?: string;
  readonly coordinator?: string;
  readonly device?: 'auto' | 'cpu' | 'gpu';
  readonly judgeSteps?: number;
  readonly featureSteps?: number;
  readonly json?: boolean;
}

const NUM_PAIRS = 1000;
const LOOK_EVERY_MS = 2_000;
/** As after Ctrl-C. */
const LAUNCHER_GONE = 130;

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description(
      'measure how well runs stylize pictures that they have not seen, and compare them with methods that need no network',
    )
    .option(
      '--run <place>',
      `${RUN_PLACE}; repeat it to get the mean and the spread over several runs`,
      collected,
    )
    .option('--checkpoint <step>', 'evaluate the checkpoint of this step (default: the newest)', count(0))
    .addOption(
      new Option(
        '--follow',
        'evaluate each new checkpoint of a running run on the validation split, and copy the best one to RUN/best',
      ).conflicts('checkpoint'),
    )
    .addOption(
      new Option(
        '--split <split>',
        'part of the data sets to use; validation and test share no picture (default: test; with --follow: validation)',
      ).choices(['test', 'validation', 'train'] satisfies EvaluationSplit[]),
    )
    .option('--content <spec>', `data set of the contents (default: the run's): ${DATA_SPECS}`, testData)
    .option('--style <spec>', "data set of the styles, written like --content (default: the run's)", testData)
    .option(
      '--pairs <n>',
      `number of pairs of content and style, a multiple of 10 (default: ${NUM_PAIRS}; with --follow: evaluate.pairs of the config)`,
      count(20),
    )
    .option(
      '--seeds <list>',
      'seeds by which pairs are drawn, for example 1,2,3; each seed is one measurement',
      seedList,
      [1],
    )
    .option('--show <n>', 'number of pairs to show in the report', count(0), 24)
    .option(
      '--out <dir>',
      "folder of the report (default: evaluation/ in the run's folder or, without one, in this folder)",
    )
    .addOption(
      new Option(
        '--device <device>',
        'compute on this device (default: engine.device of the config; with --follow: evaluate.device)',
      ).choices(['auto', 'cpu', 'gpu']),
    )
    .option(
      '--judge-steps <n>',
      "training steps of the judge, the classifier that recognizes contents; compare only results of equal numbers (default: 2500; with --follow: the config's)",
      count(1),
    )
    .option(
      '--feature-steps <n>',
      'training steps of the network that extracts style features (default: 1500)',
      count(1),
    )
    .option(
      '--coordinator <host:port>',
      "with --follow: coordinator to report the results to, if the config has evaluate.everyIterations (default: the coordinator of the run's folder)",
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'atelier evaluate --run runs/demo',
        'atelier evaluate --run runs/demo --style cifar10:../cifar-10-batches-bin',
        'atelier evaluate --run runs/seed-1 --run runs/seed-2 --run runs/seed-3 --out report',
        'atelier evaluate --run runs/demo --follow',
      ),
    )
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const places = options.run ?? [undefined];
  const opened = await Promise.all(
    places.map(async (place) => ({ name: basename(place ?? ''), run: await openCheckpointPlaces(place) })),
  );
  const [only] = opened;
  if (only === undefined) throw new CommandError('usage', 'no run is named: give --run PLACE');
  const out = options.out ?? join((opened.length === 1 ? only.run.folder : undefined) ?? '.', 'evaluation');
  if (options.follow) {
    if (opened.length > 1) throw new CommandError('usage', '--follow follows one run: give --run once');
    await follow(only.run, out, options);
    return;
  }
  const { checkpoint: step } = options;
  const checkpoints = await Promise.all(
    opened.map(async ({ name, run }) => ({
      name: name || basename(run.folder ?? 'run'),
      checkpoint: await (step === undefined ? newestCheckpoint(run) : checkpointOfStep(run, step)),
    })),
  );
  const { split = 'test', pairs = NUM_PAIRS } = options;
  const evaluation = await evaluateCheckpoints({ ...options, checkpoints, split, pairs });
  printResult(options.json, evaluation.report, () => reportText(evaluation.report));
  say(`${await writeReport(out, evaluation)}: the table and the pictures`);
}

async function follow(run: CheckpointPlaces, out: string, options: EvaluateOptions): Promise<void> {
  whenLauncherGone(() => process.exit(LAUNCHER_GONE));
  const [store] = run.stores;
  if (store === undefined)
    throw new CommandError(
      'failure',
      `${run.place} has no place for checkpoints: check checkpoint.store in the config`,
    );
  const { runId, config } = await followedRun(run, () => delay(LOOK_EVERY_MS));
  const { everyIterations, ...settings } = config.evaluate;
  const reporter = everyIterations > 0 ? reporterOf(runId, run.folder, options.coordinator) : undefined;
  const measure = async (checkpoint: LoadedCheckpoint): Promise<Pick<Evaluation, 'values' | 'bars'>> => {
    const evaluation = await evaluateCheckpoints({
      split: 'validation',
      ...settings,
      ...options,
      checkpoints: [{ name: 'run', checkpoint }],
      onProgress: (what) => reporter?.working(`iteration ${checkpoint.manifest.iteration}: ${what}`),
    });
    await writeReport(out, evaluation);
    return measuredOf(evaluation.report);
  };
  try {
    await followRun(
      { everyIterations, numIterations: config.iterations, curvePath: join(out, 'curve.jsonl') },
      {
        ...{ store, reporter, measure },
        onMeasured: (entry) => print(options.json ? JSON.stringify(entry) : evaluationLine(entry)),
        wait: () => delay(LOOK_EVERY_MS),
      },
    );
  } catch (error) {
    const reason = await lastingReasonOf(error);
    if (reason === undefined) throw error;
    await reporter?.leaving(reason);
    throw new CommandError('refused', reason, { cause: error });
  } finally {
    reporter?.close();
  }
}

/** What another start would not mend: what it shall measure cannot be measured so. */
async function lastingReasonOf(error: unknown): Promise<string | undefined> {
  if (error instanceof CommandError) return error.code === 'failure' ? undefined : error.message;
  const { EvaluationError } = await import('@atelier/worker/evaluate/evaluation-error');
  return error instanceof EvaluationError ? error.message : undefined;
}

function reporterOf(
  runId: string,
  folder: string | undefined,
  coordinator: string | undefined,
): CoordinatorReporter {
  const findAddress = async (): Promise<string | undefined> =>
    coordinator ?? (folder === undefined ? undefined : (await readCoordinatorFile(folder))?.address);
  return new CoordinatorReporter({ runId, findAddress });
}

function testData(spec: string): DatasetConfig {
  return datasetOf(spec, 'test');
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function seedList(value: string): readonly number[] {
  const seeds = value.split(',').map(Number);
  if (seeds.every((seed) => Number.isInteger(seed) && seed >= 0)) return seeds;
  throw new InvalidArgumentError('give whole numbers, separated by commas, for example 1,2,3.');
}

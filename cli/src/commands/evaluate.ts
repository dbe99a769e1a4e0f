import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DatasetConfig } from '@atelier/shared/config/run-config';
import type { EvaluatedRun, Evaluation } from '@atelier/worker/evaluate/evaluate-runs';
import type { EvaluationSplit } from '@atelier/worker/evaluate/evaluation-data';
import type { Tile } from '@atelier/worker/sample/grid';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandError } from '../command-error.ts';
import type { PagePair } from '../evaluation/report-page.ts';
import { printResult, say } from '../output.ts';
import { checkpointOfStep, newestCheckpoint, openRunCheckpoints, RUN_PLACE } from '../run/run-checkpoints.ts';
import { DATA_SPECS, datasetOf } from './data-spec.ts';
import { count, examples } from './run-options.ts';

interface EvaluateOptions {
  readonly run?: readonly string[];
  readonly checkpoint?: number;
  readonly split: EvaluationSplit;
  readonly content?: string;
  readonly style?: string;
  readonly pairs: number;
  readonly seeds: readonly number[];
  readonly show: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** Progress is said so often at most. */
const SAID_PARTS = 10;

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description(
      'measure how well runs paint contents in the style of pictures that they have not seen, beside what can be done without a network',
    )
    .option('--run <place>', `${RUN_PLACE}; several for mean and spread`, collected)
    .option('--checkpoint <step>', 'the one of this step (default: the newest)', count(0))
    .addOption(new Option('--split <split>', 'of the data sets').choices(['train', 'test']).default('test'))
    .option('--content <spec>', `other contents than the run's: ${DATA_SPECS}`)
    .option('--style <spec>', "other styles than the run's, in the same words")
    .option('--pairs <n>', 'a multiple of 10', count(20), 1000)
    .option('--seeds <list>', 'of the draws of pairs, e.g. 1,2,3', seedList, [1])
    .option('--show <n>', 'pairs on the page of pictures', count(0), 24)
    .option('--out <dir>', "where the report goes (default: evaluation/ in the run's folder, or here)")
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      examples(
        'atelier evaluate --run runs/demo',
        'atelier evaluate --run runs/demo --style cifar10:../cifar-10-batches-bin',
        'atelier evaluate --run runs/seed-1 --run runs/seed-2 --run runs/seed-3 --out report',
      ),
    )
    .action(evaluate);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const opened = await Promise.all((options.run ?? [undefined]).map((place) => openRun(place, options)));
  const [first] = opened;
  if (first === undefined) throw new CommandError('usage', 'name a run with --run');
  const runs = opened.map(({ run }) => run);

  // The engine before anything that imports it.
  const { loadEngine } = await import('@atelier/worker/engine/load-engine');
  const { fingerprint } = await loadEngine(first.run.config.engine);
  const { evaluateRuns } = await import('@atelier/worker/evaluate/evaluate-runs');
  const { FULL_EFFORT } = await import('@atelier/worker/evaluate/evaluators/open-evaluators');
  const { evaluatorCacheFolder } = await import('@atelier/worker/data/cache-config');
  const { content, style } = await dataOf(first.run, options);
  const evaluation = await evaluateRuns({
    runs,
    content,
    style,
    split: options.split,
    numPairs: options.pairs,
    seeds: options.seeds,
    effort: FULL_EFFORT,
    numShown: options.show,
    cacheFolder: evaluatorCacheFolder(),
    fingerprint,
    onProgress: progressSayer(),
  });
  const { reportText } = await import('../evaluation/report-text.ts');
  printResult(options.json, evaluation.report, () => reportText(evaluation.report));
  const out = options.out ?? join(opened.length === 1 ? (first.folder ?? '.') : '.', 'evaluation');
  say(`${await writeReport(out, evaluation)}: the table and the pictures`);
}

async function openRun(
  place: string | undefined,
  { checkpoint: step }: EvaluateOptions,
): Promise<{ readonly run: EvaluatedRun; readonly folder: string | undefined }> {
  const checkpoints = await openRunCheckpoints(place);
  const { manifest, snapshot } =
    step === undefined ? await newestCheckpoint(checkpoints) : await checkpointOfStep(checkpoints, step);
  const { config, iteration, parametersDigest: digest, definition } = manifest;
  const run: EvaluatedRun = {
    name: basename(checkpoints.folder ?? place ?? config.name),
    config,
    checkpoint: { step: manifest.step, iteration, digest },
    snapshot,
    trainedOn: definition.domains.map((domain) => domain.digest),
  };
  return { run, folder: checkpoints.folder };
}

/** What is named on the command line, else what the run was trained on; the split is set later. */
async function dataOf(
  { config }: EvaluatedRun,
  options: EvaluateOptions,
): Promise<Record<'content' | 'style', DatasetConfig>> {
  const { loadModel } = await import('@atelier/worker/model/load-model');
  const { generate, name } = await loadModel(config.model, { batchSize: config.batchPerVirtualWorker });
  if (generate.kind !== 'stylize')
    throw new CommandError('refused', `model ${name} makes images from noise: there is no style to measure`);
  const of = (domain: string, spec: string | undefined): DatasetConfig => {
    const own = spec === undefined ? config.data[domain] : datasetOf(spec, 'test');
    if (own === undefined) throw new CommandError('failure', `the run's config names no data for ${domain}`);
    return own;
  };
  return { content: of(generate.content, options.content), style: of(generate.style, options.style) };
}

/** @returns the page's path */
async function writeReport(out: string, { report, shown }: Evaluation): Promise<string> {
  const { reportPage } = await import('../evaluation/report-page.ts');
  const pairs = await Promise.all(
    shown.map(async ({ content, style, rows }): Promise<PagePair> => {
      const painted = rows.map(async ({ name, tile }) => ({ name, url: await dataUrlOf(tile) }));
      return {
        content: await dataUrlOf(content),
        style: await dataUrlOf(style),
        rows: await Promise.all(painted),
      };
    }),
  );
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'evaluation.json'), `${JSON.stringify(report, null, 2)}\n`);
  const page = join(out, 'evaluation.html');
  await writeFile(page, reportPage(report, pairs));
  return page;
}

async function dataUrlOf(tile: Tile): Promise<string> {
  const { encodePng } = await import('@atelier/worker/sample/png');
  const { imageOf } = await import('@atelier/worker/sample/grid');
  return `data:image/png;base64,${Buffer.from(await encodePng(imageOf(tile))).toString('base64')}`;
}

/** A line for each tenth of each part of the work. */
function progressSayer(): (what: string, done: number, total: number) => void {
  let said = '';
  return (what, done, total) => {
    const tenth = Math.floor((SAID_PARTS * done) / total);
    const key = `${what} ${tenth}`;
    if (key === said) return;
    said = key;
    say(`${what}: ${done} of ${total}`);
  };
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function seedList(value: string): readonly number[] {
  const seeds = value.split(',').map(Number);
  if (seeds.every((seed) => Number.isInteger(seed) && seed >= 0)) return seeds;
  throw new InvalidArgumentError('wanted whole numbers with commas between them, e.g. 1,2,3.');
}

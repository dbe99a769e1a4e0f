import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type LoadedCheckpoint, loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import { isS3Url } from '@atelier/shared/checkpoint/s3-connection';
import { loadConfig } from '@atelier/shared/config/load-config';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { Command, Option } from 'commander';
import { type ClusterOutcome, LocalCluster } from '../cluster/local-cluster.ts';
import { CommandError } from '../command-error.ts';
import { RUNS_FOLDER } from '../operator/find-coordinator.ts';
import type { WatchItem } from '../operator/operator-client.ts';
import { print, say } from '../output.ts';
import { inWords } from '../progress/duration.ts';
import { eventLine } from '../progress/event-line.ts';
import { createLiveView, createPlainView, type ProgressView } from '../progress/progress-view.ts';
import { decideRun, type RunChoice } from '../run/decide-run.ts';
import { freeFolderBeside } from '../run/free-folder.ts';
import { openRunCheckpoints } from '../run/run-checkpoints.ts';
import { readRunState } from '../run/run-state.ts';
import { count, examples } from './run-options.ts';

interface TrainOptions {
  readonly workers: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly fresh?: boolean;
  readonly port?: number;
  readonly httpPort?: number;
  readonly workerMetricsPort?: number;
  readonly device?: string;
}

export function trainCommand(): Command {
  return new Command('train')
    .description(
      'train on this machine: a coordinator and some workers, as processes that are started again when they die',
    )
    .argument('<config>', 'a YAML file, see atelier config')
    .option(
      '--workers <n>',
      "worker processes; more than the config's virtualWorkers are of no use",
      count(1),
      2,
    )
    .option('--out <dir>', "the run's folder (default: runs/ and the config's name)")
    .option('--resume', 'go on with the unfinished run in the folder')
    .addOption(
      new Option(
        '--fresh',
        'begin anew beside the run in the folder: DIR-2, DIR-3, ...; nothing is deleted',
      ).conflicts('resume'),
    )
    .option('--port <n>', 'where the coordinator listens on 127.0.0.1 (default: a free port)', count(0))
    .option(
      '--http-port <n>',
      'where the page and /metrics are on 127.0.0.1 (default: a free port)',
      count(0),
    )
    .option(
      '--worker-metrics-port <n>',
      'where the first worker serves its metrics on 127.0.0.1; the others at the ports after it (default: nowhere)',
      count(1),
    )
    .addOption(
      new Option('--device <device>', "of the workers, instead of the config's").choices([
        'auto',
        'cpu',
        'gpu',
      ]),
    )
    .addHelpText(
      'after',
      `
If the folder holds an unfinished run, a terminal is asked: resume, start anew or quit. Without a terminal a run of
the same config is resumed, and anything else begins beside it; what was chosen is said.

Ctrl-C writes a checkpoint and stops; a second Ctrl-C ends everything at once.

Exit codes: 0 completed or stopped, 1 the run failed, 2 wrong config, 3 the folder is in use, 130 ended by Ctrl-C
${examples(
  'atelier train examples/demo.yaml',
  'atelier train examples/exact.yaml --workers 3 --out runs/three',
  'atelier train examples/demo.yaml --resume',
)}`,
    )
    .action(train);
}

async function train(configPath: string, options: TrainOptions): Promise<void> {
  const config = await loadConfig(configPath);
  const { folder, resume } = await chooseFolder(
    options.out ?? join(RUNS_FOLDER, config.name),
    config,
    options,
  );
  await prepareData(config);
  if (options.workers > config.virtualWorkers) {
    say(
      `${options.workers} workers, but the run has ${config.virtualWorkers} virtual workers: the others will idle`,
    );
  }

  const startedAt = performance.now();
  const view = process.stdout.isTTY
    ? createLiveView(process.stdout)
    : createPlainView(print, () => performance.now());
  const cluster = new LocalCluster(
    {
      folder,
      configPath,
      numWorkers: options.workers,
      resume,
      port: options.port ?? 0,
      httpPort: options.httpPort ?? 0,
      workerMetricsPort: options.workerMetricsPort,
      device: options.device,
    },
    { watched: (item) => show(view, item), noted: (line) => view.note(line) },
  );
  const interrupts = catchInterrupts(cluster, view);
  say(
    `${config.name}: ${config.model.preset ?? config.model.module}, ${config.iterations} iterations, ${options.workers} workers; logs in ${join(folder, 'logs')}`,
  );
  const outcome = await cluster.run();
  view.close();
  interrupts.release();
  if (outcome.kind === 'failed') throw new CommandError('failure', `the run failed: ${outcome.reason}`);
  if (interrupts.wereForced())
    throw new CommandError(
      'interrupted',
      `ended at once; atelier train ${configPath} --out ${folder} --resume goes on from the last checkpoint`,
    );
  print(
    await summary(outcome, { configPath, folder, config, seconds: (performance.now() - startedAt) / 1000 }),
  );
  if (interrupts.happened()) throw new CommandError('interrupted', '');
}

async function chooseFolder(
  folder: string,
  config: RunConfig,
  options: TrainOptions,
): Promise<{ folder: string; resume: boolean }> {
  const { resume = false, fresh = false } = options;
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const decision = decideRun(await readRunState(folder, config), { resume, fresh, isTerminal });
  switch (decision.type) {
    case 'start':
      if (resume) say(`${folder} holds no run yet: ${whereElse(config)}`);
      return { folder, resume };
    case 'resume':
      say(`resuming ${folder}: ${decision.reason}`);
      return { folder, resume: true };
    case 'start-beside':
      return besides(folder, decision.reason);
    case 'ask':
      return carryOut(await ask(`${folder}: ${decision.question}`, decision.choices), folder);
    case 'refuse':
      throw new CommandError('refused', `${folder}: ${decision.reason}`);
  }
}

function whereElse({ checkpoint, name }: RunConfig): string {
  return isS3Url(checkpoint.store)
    ? `going on with ${name} in ${checkpoint.store}, or starting it if it is not there`
    : 'starting one';
}

async function besides(folder: string, reason: string): Promise<{ folder: string; resume: boolean }> {
  const free = await freeFolderBeside(folder);
  say(`starting anew in ${free}: ${reason} (${folder})`);
  return { folder: free, resume: false };
}

async function carryOut(choice: RunChoice, folder: string): Promise<{ folder: string; resume: boolean }> {
  if (choice === 'resume') return { folder, resume: true };
  if (choice === 'fresh') return besides(folder, 'as chosen');
  throw new CommandError('interrupted', '');
}

const WORDS = { resume: '[r]esume', fresh: 'start [a]new beside it', quit: '[q]uit' } as const;
const KEYS: Readonly<Record<string, RunChoice>> = { r: 'resume', a: 'fresh', q: 'quit' };

/** The first choice is the default. */
async function ask(question: string, choices: readonly RunChoice[]): Promise<RunChoice> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const words = choices.map((choice) => WORDS[choice]).join(', ');
    const answer = (await terminal.question(`${question} ${words}? `)).trim().toLowerCase();
    const chosen = KEYS[answer.charAt(0)];
    return chosen !== undefined && choices.includes(chosen) ? chosen : (choices[0] ?? 'quit');
  } finally {
    terminal.close();
  }
}

/** The default style set is cut once here, with progress, not in every worker at once. */
async function prepareData(config: RunConfig): Promise<void> {
  const { openDataset } = await import('@atelier/worker/data/open-dataset');
  for (const data of Object.values(config.data)) {
    if (data.kind !== 'emoji') continue;
    const onProgress = (done: number, total: number): void => {
      if (done % 400 === 0 || done === total)
        say(`preparing the style set (first time only): ${done} of ${total} pictures`);
    };
    await (await openDataset(data, { size: 32, channels: 3 }, { onProgress })).close();
  }
}

function show(view: ProgressView, item: WatchItem): void {
  switch (item.kind) {
    case 'status':
      view.status(item.status);
      break;
    case 'event': {
      const line = eventLine(item.event);
      if (line !== undefined) view.note(line);
      break;
    }
    case 'lost':
      view.note('the coordinator cannot be reached; trying again');
  }
}

/** First Ctrl-C: checkpoint and stop. Second: end everything. */
function catchInterrupts(
  cluster: LocalCluster,
  view: ProgressView,
): { happened(): boolean; wereForced(): boolean; release(): void } {
  let number = 0;
  const interrupt = (): void => {
    number += 1;
    if (number > 1) {
      cluster.kill();
      return;
    }
    view.note('stopping with a checkpoint; Ctrl-C again ends at once');
    cluster.stop().catch((error: unknown) => {
      view.note(
        `could not stop cleanly (${error instanceof Error ? error.message : String(error)}); ending at once`,
      );
      cluster.kill();
    });
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    happened: () => number > 0,
    wereForced: () => number > 1,
    release: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}

interface Summarized {
  readonly configPath: string;
  readonly folder: string;
  readonly config: RunConfig;
  readonly seconds: number;
}

async function summary(
  outcome: ClusterOutcome,
  { configPath, folder, config, seconds }: Summarized,
): Promise<string> {
  const checkpoint = await loadNewestGood((await openRunCheckpoints(folder)).stores).then(
    (found) => found.checkpoint,
    // The run is complete and has said where its last checkpoint is: a store that is away takes nothing of that.
    () => undefined,
  );
  const samples = (await readdir(join(folder, 'samples')).catch((): string[] => [])).sort();
  const newestSample = samples.at(-1);
  const from = shortened(folder);
  const lines: [string, string | undefined][] = [
    ['sample grid', newestSample && join(from, 'samples', newestSample)],
    ['checkpoint', checkpoint && `${placeOf(checkpoint)}  (step ${checkpoint.manifest.step})`],
    ['digest', checkpoint?.manifest.parametersDigest],
    ['journal', join(from, 'journal.jsonl')],
    ['logs', join(from, 'logs')],
  ];
  const next =
    outcome.kind === 'completed'
      ? [
          isStylizing(checkpoint?.manifest.definition.domains ?? [])
            ? `atelier stylize --run ${from} --content PICTURES --style PICTURES --out grid.png`
            : `atelier sample --run ${from} --rows 12 --columns 12`,
          `atelier journal audit ${from}`,
        ]
      : [`atelier train ${configPath} --out ${from} --resume`];
  return [
    '',
    `${config.name}: ${outcome.kind} after ${inWords(seconds)}`,
    ...lines.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(12)}${value}`])),
    'next:',
    ...next.map((command) => `  npx ${command}`),
  ].join('\n');
}

function placeOf({ location, key }: LoadedCheckpoint): string {
  return isS3Url(location) ? `${location}/${key}` : join(shortened(location), key);
}

/** From here, where that is shorter. */
function shortened(folder: string): string {
  const from = relative('.', folder);
  return from.startsWith('..') ? folder : from;
}

/** A model of several domains paints one in the style of another. */
function isStylizing(domains: readonly unknown[]): boolean {
  return domains.length > 1;
}

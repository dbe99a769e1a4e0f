import { join } from 'node:path';
import { loadConfig } from '@atelier/shared/config/load-config';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { kindOf } from '@atelier/shared/datasets/dataset-kinds';
import { Command, Option } from 'commander';
import { canListen } from '../cluster/can-listen.ts';
import { catchInterrupts } from '../cluster/catch-interrupts.ts';
import { LocalCluster } from '../cluster/local-cluster.ts';
import { RUNS_FOLDER } from '../operator/find-coordinator.ts';
import type { WatchItem } from '../operator/operator-client.ts';
import { eventLine } from '../progress/event-line.ts';
import { createLiveView, createPlainView, type ProgressView } from '../progress/progress-view.ts';
import { chooseFolder } from '../run-folder/choose-folder.ts';
import { CommandError } from '../terminal/command-error.ts';
import { print, say } from '../terminal/output.ts';
import { count, examples } from './run-options.ts';
import { summaryOf } from './run-summary.ts';

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
    .description('train on this machine: start a coordinator and workers, and restart any of them that dies')
    .argument('<config>', 'a YAML file; atelier config check explains what is wrong with it')
    .option(
      '--workers <n>',
      "the number of worker processes; the config's virtualWorkers is the most that can work at once",
      count(1),
      2,
    )
    .option('--out <dir>', "the run's folder (default: runs/ and the config's name)")
    .option('--resume', 'continue the unfinished run in the folder')
    .addOption(
      new Option(
        '--fresh',
        'start a new run in the next free folder (DIR-2, DIR-3, ...); nothing is deleted',
      ).conflicts('resume'),
    )
    .option('--port <n>', 'port of the coordinator on 127.0.0.1 (default: a free port)', count(0))
    .option(
      '--http-port <n>',
      'port of the web page and /metrics on 127.0.0.1 (default: a free port)',
      count(0),
    )
    .option(
      '--worker-metrics-port <n>',
      "port of the first worker's metrics on 127.0.0.1; each further worker takes the next port (default: no metrics)",
      count(1),
    )
    .addOption(
      new Option('--device <device>', "compute on this device (default: the config's engine.device)").choices(
        ['auto', 'cpu', 'gpu'],
      ),
    )
    .addHelpText(
      'after',
      `
If the folder holds an unfinished run, you are asked whether to resume it, to start a new one or to quit. Without a
terminal nobody can be asked: a run of the same config is resumed; otherwise a new run starts in the next free folder.
The command prints what it chose.

Ctrl-C writes a checkpoint and stops. A second Ctrl-C ends everything at once.

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
  if (options.port !== undefined && !(await canListen(`127.0.0.1:${options.port}`)))
    throw new CommandError(
      'usage',
      `--port: another program uses port ${options.port}: give another port, or leave --port out to take a free one`,
    );
  const { out = join(RUNS_FOLDER, config.name), resume: wantsResume = false, fresh = false } = options;
  const { folder, resume } = await chooseFolder(out, config, { resume: wantsResume, fresh });
  await prepareData(config);
  if (options.workers > config.virtualWorkers) {
    say(
      `only ${config.virtualWorkers} of the ${options.workers} workers will have work, because the config has virtualWorkers: ${config.virtualWorkers}`,
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
      numReducers: config.reducers === 1 ? 0 : config.reducers,
      resume,
      evaluates: config.evaluate.everyIterations > 0,
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
      `ended at once; to continue from the last checkpoint: atelier train ${configPath} --out ${folder} --resume`,
    );
  const seconds = (performance.now() - startedAt) / 1000;
  print(await summaryOf(outcome, { configPath, folder, config, seconds }));
  if (interrupts.happened()) throw new CommandError('interrupted', '');
}

/** What takes long to prepare is prepared once here, with progress, not in every worker at once. */
async function prepareData(config: RunConfig): Promise<void> {
  const { openDataset } = await import('@atelier/worker/datasets/open-dataset');
  for (const data of Object.values(config.data)) {
    if (!kindOf(data.kind)?.isPrepared) continue;
    const onProgress = (done: number, total: number): void => {
      if (done % 400 === 0 || done === total)
        say(`preparing ${data.kind} (first time only): ${done} of ${total} pictures`);
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
      view.note('the coordinator does not answer; trying again');
  }
}

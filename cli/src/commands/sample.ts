import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { newestCheckpoint, openCheckpointPlaces, RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { print } from '../terminal/output.ts';
import { count, examples } from './run-options.ts';

interface SampleOptions {
  readonly run?: string;
  readonly out?: string;
  readonly rows?: number;
  readonly columns?: number;
}

export function sampleCommand(): Command {
  return new Command('sample')
    .description(
      "draw the sample grid of a run's newest checkpoint; the grid always has the same contents and styles",
    )
    .option('--run <place>', RUN_PLACE)
    .option(
      '--out <file>',
      "a .png file (default: sample.png in the run's folder or, without one, in this folder)",
    )
    .option('--rows <n>', "number of contents (default: the config's)", count(1))
    .option('--columns <n>', "number of styles (default: the config's)", count(1))
    .addHelpText(
      'after',
      examples('atelier sample', 'atelier sample --run runs/demo --rows 12 --columns 16 --out grid.png'),
    )
    .action(sample);
}

async function sample(options: SampleOptions): Promise<void> {
  const checkpoints = await openCheckpointPlaces(options.run);
  const checkpoint = await newestCheckpoint(checkpoints);
  const { config, iteration } = checkpoint.manifest;

  const { Painter } = await import('@atelier/worker/sample/painter');
  const { openDataset } = await import('@atelier/worker/datasets/open-dataset');
  const { sampleGridOf } = await import('@atelier/worker/sample/sample-grid');
  const { encodePng } = await import('@atelier/worker/sample/png');
  const painter = await Painter.open(config, checkpoint.snapshot);
  try {
    const opened = Object.entries(painter.model.domains).flatMap(([domain, shape]) => {
      const data = config.data[domain];
      return data === undefined
        ? []
        : [openDataset(data, shape).then((dataset) => [domain, dataset] as const)];
    });
    const datasets = new Map(await Promise.all(opened));
    const { rows = config.samples.rows, columns = config.samples.columns } = options;
    const grid = await sampleGridOf(painter.model, datasets, { rows, columns });
    const out = options.out ?? join(checkpoints.folder ?? '.', 'sample.png');
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, await encodePng(grid.arrange(await painter.paint(grid.inputs))));
    print(`${out}: after ${iteration} iterations`);
  } finally {
    await painter.close();
  }
}

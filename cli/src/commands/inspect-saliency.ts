import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { newestCheckpoint, openCheckpointPlaces, RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { CommandError } from '../terminal/command-error.ts';
import { printResult } from '../terminal/output.ts';
import { count, examples } from './run-options.ts';

interface SaliencyOptions {
  readonly run?: string;
  readonly images: number;
  readonly out: string;
  readonly json?: boolean;
}

export function inspectSaliency(): Command {
  return new Command('saliency')
    .description(
      'show what the discriminator looks at: how strongly its score of an image depends on each pixel',
    )
    .option('--run <place>', RUN_PLACE)
    .option('--images <n>', "number of images, taken from the run's sample grid", count(1), 8)
    .requiredOption('--out <file>', 'a .png file, with one row for each image')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Each row shows an image of the generator and a heat map of the pixels that its score depends on. For a model that
stylizes, the row begins with the content and the style, and ends with a heat map of the style picture. Brighter
means a stronger influence, relative to the strongest pixel of that image.
${examples('atelier inspect saliency --run runs/demo --out saliency.png')}`,
    )
    .action(saliency);
}

async function saliency({ run, images: numImages, out, json }: SaliencyOptions): Promise<void> {
  const { manifest, snapshot } = await newestCheckpoint(await openCheckpointPlaces(run));
  const { Painter } = await import('@atelier/worker/sample/painter');
  const painter = await Painter.open(manifest.config, snapshot);
  try {
    if (painter.model.judge === undefined)
      throw new CommandError(
        'refused',
        `model ${painter.model.name} has no judge, so there is nothing to show: add a judge to its module (see define-model.ts)`,
      );
    const { saliencyRows } = await import('@atelier/worker/sample/saliency-rows');
    const { gridOf } = await import('@atelier/worker/sample/grid');
    const { encodePng } = await import('@atelier/worker/sample/png');
    const { rows, logits } = await saliencyRows(painter, manifest.config.data, numImages);
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, await encodePng(gridOf(rows)));
    printResult(json, { out, logits }, () => {
      const mean = (values: readonly number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      const real = logits.real.length === 0 ? '' : `, real ${mean(logits.real).toFixed(2)}`;
      return `${out}: mean score of painted ${mean(logits.painted).toFixed(2)}${real}`;
    });
  } finally {
    await painter.close();
  }
}

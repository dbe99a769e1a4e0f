import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import type { NamedTile } from '@atelier/worker/sample/read-pictures';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { print } from '../output.ts';
import { newestCheckpoint, openRunCheckpoints, RUN_PLACE } from '../run/run-checkpoints.ts';
import { examples } from './run-options.ts';

interface StylizeOptions {
  readonly run?: string;
  readonly content: string;
  readonly style: string;
  readonly out: string;
}

/** Beyond this a grid is too large to look at and a folder was probably given by mistake. */
const MAX_IMAGES = 10_000;

export function stylizeCommand(): Command {
  return new Command('stylize')
    .description('paint pictures in the style of other pictures, with what a run has learned')
    .option('--run <place>', RUN_PLACE)
    .requiredOption('--content <path>', 'a picture or a folder of pictures')
    .requiredOption('--style <path>', 'a picture or a folder of pictures')
    .requiredOption(
      '--out <path>',
      'a .png (of a grid where there are several), or a folder for single pictures',
    )
    .addHelpText(
      'after',
      examples(
        'atelier stylize --run runs/demo --content seven.png --style sunset.jpg --out out.png',
        'atelier stylize --content digits/ --style paintings/ --out grid.png',
        'atelier stylize --content digits/ --style paintings/ --out stylized/',
      ),
    )
    .action(stylize);
}

async function stylize({ run, content, style, out }: StylizeOptions): Promise<void> {
  const extension = extname(out).toLowerCase();
  if (extension !== '' && extension !== '.png') {
    throw new CommandError(
      'usage',
      `--out ${out}: pictures are written as .png; give such a name, or a folder`,
    );
  }
  const checkpoint = await newestCheckpoint(await openRunCheckpoints(run));
  const { Painter } = await import('@atelier/worker/sample/painter');
  const painter = await Painter.open(checkpoint.manifest.config, checkpoint.snapshot);
  try {
    const { generate, domains, name } = painter.model;
    if (generate.kind !== 'stylize') {
      throw new CommandError('refused', `model ${name} makes images from noise: see atelier sample`);
    }
    const { readPictures } = await import('@atelier/worker/sample/read-pictures');
    const { stylizeGridOf } = await import('@atelier/worker/sample/sample-grid');
    const contentShape = domains[generate.content];
    const styleShape = domains[generate.style];
    if (contentShape === undefined || styleShape === undefined)
      throw new Error(`model ${name} lacks its own domains`);
    const contents = await readPictures(content, contentShape);
    const styles = await readPictures(style, styleShape);
    if (contents.length * styles.length > MAX_IMAGES) {
      throw new CommandError(
        'usage',
        `${contents.length} contents x ${styles.length} styles are more than ${MAX_IMAGES} pictures: give smaller folders`,
      );
    }
    const grid = stylizeGridOf(
      contents.map(({ tile }) => tile),
      styles.map(({ tile }) => tile),
    );
    const painted = await painter.paint(grid.inputs);
    const { encodePng } = await import('@atelier/worker/sample/png');
    const { imageOf, tilesOf } = await import('@atelier/worker/sample/grid');
    const tiles = tilesOf(painted.pixels, painted.shape);
    if (extension === '') {
      await mkdir(out, { recursive: true });
      const names = pairNames(contents, styles);
      for (const [i, tile] of tiles.entries())
        await writeFile(join(out, `${names[i]}.png`), await encodePng(imageOf(tile)));
      print(`${tiles.length} pictures in ${out}`);
      return;
    }
    await mkdir(dirname(out), { recursive: true });
    const [only] = tiles;
    const image =
      tiles.length === 1 && only !== undefined && (await isFile(content))
        ? imageOf(only)
        : grid.arrange(painted);
    await writeFile(out, await encodePng(image));
    print(`${out}: ${contents.length} x ${styles.length} pictures`);
  } finally {
    await painter.close();
  }
}

function pairNames(contents: readonly NamedTile[], styles: readonly NamedTile[]): string[] {
  return contents.flatMap((content) => styles.map((style) => `${content.name}--${style.name}`));
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path)).isFile();
}

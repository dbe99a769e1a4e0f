import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { Command } from 'commander';
import { RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { CommandError } from '../terminal/command-error.ts';
import { print } from '../terminal/output.ts';
import { count, examples } from './run-options.ts';
import { collectStyle, isFile, mixOf, type StyleOption, share, singlesOf } from './style-options.ts';
import { openStylizer } from './stylizer.ts';

interface StylizeOptions {
  readonly run?: string;
  readonly content: string;
  readonly style: readonly StyleOption[];
  readonly mean?: boolean;
  readonly strength: number;
  readonly size?: number;
  readonly out: string;
}

/** Beyond this a grid is too large to look at and a folder was probably given by mistake. */
const MAX_IMAGES = 10_000;
/** Pixels of a content's shorter side: beyond, a network that was trained on small pictures paints specks. */
const MAX_SIZE = 2048;

export function stylizeCommand(): Command {
  return new Command('stylize')
    .description('paint pictures in the style of other pictures, with the generator of a run')
    .option('--run <place>', RUN_PLACE)
    .requiredOption('--content <path>', 'a picture or a folder of pictures, of any size')
    .requiredOption(
      '--style <path[=weight]>',
      'a picture or a folder of pictures; repeat it to mix styles by their weights (default: 1 each), where a folder counts as the mean of its pictures',
      collectStyle,
    )
    .option('--mean', 'use the mean style of a folder (default: each of its pictures is a style)')
    .option(
      '--strength <share>',
      "strength of the style: 0 keeps the content's own style, 1 applies the given one",
      share,
      1,
    )
    .option(
      '--size <pixels>',
      `paint the whole content, with its shorter side resized to this many pixels, at most ${MAX_SIZE} (default: the middle square of the content, at the size that the model was trained on)`,
      count(16),
    )
    .requiredOption(
      '--out <path>',
      'a .png file, which becomes a grid if there are several pictures, or a folder for single pictures',
    )
    .addHelpText(
      'after',
      `
Sizes: contents are resized, never cut into tiles; the network paints all of a picture at once, whatever its size, with
strokes of the size that it learned. Styles are read as their middle squares.
${examples(
  'atelier stylize --run runs/demo --content seven.png --style sunset.jpg --out out.png',
  'atelier stylize --content digits/ --style paintings/ --out grid.png',
  'atelier stylize --content cat.jpg --size 256 --style a.png=0.7 --style b.png=0.3 --strength 0.8 --out cat.png',
  'atelier stylize --content digits/ --style monet/ --mean --out stylized/',
)}`,
    )
    .action(stylize);
}

async function stylize(options: StylizeOptions): Promise<void> {
  const { run, content, style, mean = false, strength, size, out } = options;
  const extension = extname(out).toLowerCase();
  if (extension !== '' && extension !== '.png') {
    throw new CommandError(
      'usage',
      `--out ${out}: pictures are written as .png files: give a name that ends in .png, or a folder`,
    );
  }
  if (size !== undefined && size > MAX_SIZE)
    throw new CommandError('usage', `--size ${size} is too large: give at most ${MAX_SIZE} pixels`);
  const isMix = mean || style.length > 1;
  await using stylizer = await openStylizer(run);
  const given = await stylizer.readStyles(style);
  const mixes = isMix ? [mixOf(style, given)] : singlesOf(given);
  const contents = await stylizer.readContents(content, size);
  const numImages = contents.length * mixes.length;
  if (numImages > MAX_IMAGES) {
    throw new CommandError(
      'usage',
      `${contents.length} contents x ${mixes.length} styles would be more than ${MAX_IMAGES} pictures: give smaller folders`,
    );
  }
  if (size !== undefined && extension === '.png' && numImages > 1) {
    throw new CommandError(
      'usage',
      '--size cannot write several pictures into one grid, because they may differ in shape: give a folder as --out',
    );
  }
  const styles = given.pictures.map(({ tile }) => tile);
  const painted = await stylizer.paint({
    contents: contents.map(({ content }) => content),
    styles,
    mixes,
    strength,
  });
  const { encodePng } = await import('@atelier/worker/sample/png');
  const { gridOf, imageOf } = await import('@atelier/worker/sample/grid');
  if (extension === '') {
    await mkdir(out, { recursive: true });
    for (const [i, row] of painted.entries()) {
      for (const [k, tile] of row.entries())
        await writeFile(
          join(out, `${contents[i]?.name}--${mixes[k]?.name}.png`),
          await encodePng(imageOf(tile)),
        );
    }
    print(`${numImages} pictures in ${out}`);
    return;
  }
  await mkdir(dirname(out), { recursive: true });
  const [only] = painted.flat();
  const rows = painted.map((row, i) => [contents[i]?.content.tile, ...row]);
  const head = isMix ? [] : [[undefined, ...styles]];
  const image =
    numImages === 1 && only !== undefined && (await isFile(content))
      ? imageOf(only)
      : gridOf([...head, ...rows]);
  await writeFile(out, await encodePng(image));
  print(`${out}: ${contents.length} x ${mixes.length} pictures`);
}

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { Command } from 'commander';
import { RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { CommandError } from '../terminal/command-error.ts';
import { print } from '../terminal/output.ts';
import { count, examples } from './run-options.ts';
import { collectStyle, type StyleOption } from './style-options.ts';
import { openStylizer } from './stylizer.ts';

interface InterpolateOptions {
  readonly run?: string;
  readonly content: string;
  readonly style: readonly StyleOption[];
  readonly steps?: number;
  readonly out: string;
}

/** Pictures from one style to the other: in a strip, and in an animation, which then goes back. */
const STEPS = { strip: 9, animation: 24 };

export function inspectInterpolate(): Command {
  return new Command('interpolate')
    .description('show one content in styles between two given styles')
    .option('--run <place>', RUN_PLACE)
    .requiredOption('--content <path>', 'a picture')
    .requiredOption(
      '--style <path>',
      'a picture, or a folder, which counts as the mean of its pictures; give this option twice',
      collectStyle,
    )
    .option(
      '--steps <n>',
      `number of pictures from the first style to the second (default: ${STEPS.strip}, or ${STEPS.animation} for an animation)`,
      count(2),
    )
    .requiredOption(
      '--out <file>',
      'a .png file for a strip; a .webp or .gif file for an animation to the second style and back',
    )
    .addHelpText(
      'after',
      examples(
        'atelier inspect interpolate --content seven.png --style a.png --style b.png --out strip.png',
        'atelier inspect interpolate --content seven.png --style monet/ --style turner/ --out way.webp',
      ),
    )
    .action(interpolate);
}

async function interpolate({ run, content, style, steps, out }: InterpolateOptions): Promise<void> {
  const extension = extname(out).toLowerCase();
  if (extension !== '.png' && extension !== '.webp' && extension !== '.gif')
    throw new CommandError('usage', `--out ${out}: give a name that ends in .png, .webp or .gif`);
  if (style.length !== 2)
    throw new CommandError(
      'usage',
      `atelier inspect interpolate needs two styles, got ${style.length}: give --style twice`,
    );
  const isStrip = extension === '.png';
  const numSteps = steps ?? (isStrip ? STEPS.strip : STEPS.animation);
  await using stylizer = await openStylizer(run);
  const { pictures, counts } = await stylizer.readStyles(style);
  const [first] = await stylizer.readContents(content, undefined);
  if (first === undefined) throw new CommandError('usage', `${content} contains no picture: check the path`);
  const mixes = Array.from({ length: numSteps }, (_, step) => {
    const share = step / (numSteps - 1);
    const weights = [1 - share, share].flatMap((weight, i) =>
      Array<number>(counts[i] ?? 0).fill(weight / (counts[i] ?? 1)),
    );
    return { name: String(step), weights };
  });
  const styles = pictures.map(({ tile }) => tile);
  const [painted = []] = await stylizer.paint({ contents: [first.content], styles, mixes, strength: 1 });
  const { gridOf } = await import('@atelier/worker/sample/grid');
  await mkdir(dirname(out), { recursive: true });
  if (isStrip) {
    const { encodePng } = await import('@atelier/worker/sample/png');
    // A folder shows its first picture.
    const ends = [styles[0], styles[counts[0] ?? 0]];
    await writeFile(out, await encodePng(gridOf([[ends[0], ...painted, ends[1]]])));
  } else {
    const { encodeAnimation } = await import('@atelier/worker/sample/animation');
    const thereAndBack = [...painted, ...painted.slice(1, -1).reverse()];
    const frames = thereAndBack.map((tile) => gridOf([[tile]], { gutter: 0 }));
    await writeFile(out, await encodeAnimation(frames, extension === '.gif' ? 'gif' : 'webp'));
  }
  print(`${out}: ${numSteps} steps`);
}

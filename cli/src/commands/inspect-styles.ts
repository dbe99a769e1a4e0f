import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { CommandError } from '../terminal/command-error.ts';
import { print } from '../terminal/output.ts';
import { examples } from './run-options.ts';
import { collectStyle, type StyleOption } from './style-options.ts';
import { openStylizer } from './stylizer.ts';

interface StylesOptions {
  readonly run?: string;
  readonly style: readonly StyleOption[];
  readonly out: string;
}

export function inspectStyles(): Command {
  return new Command('styles')
    .description(
      'draw a map of style codes, on which styles that the network treats alike lie close together',
    )
    .option('--run <place>', RUN_PLACE)
    .requiredOption('--style <path>', 'a folder of pictures, or several pictures', collectStyle)
    .requiredOption('--out <file>', 'a .png file')
    .addHelpText(
      'after',
      `
The map shows the codes along the two directions in which they differ most (their principal components). The command
prints how much of the codes' variance these two directions explain.
${examples('atelier inspect styles --run runs/demo --style paintings/ --out map.png')}`,
    )
    .action(styles);
}

async function styles({ run, style, out }: StylesOptions): Promise<void> {
  await using stylizer = await openStylizer(run);
  const { pictures } = await stylizer.readStyles(style);
  if (pictures.length < 3)
    throw new CommandError(
      'usage',
      `a map needs at least three styles, got ${pictures.length}: give more pictures`,
    );
  const { joinedPixels } = await import('@atelier/worker/sample/grid');
  const { principalPlaneOf } = await import('@atelier/worker/sample/principal-plane');
  const { drawStyleMap } = await import('@atelier/worker/sample/style-map');
  const { encodePng } = await import('@atelier/worker/sample/png');
  const tiles = pictures.map(({ tile }) => tile);
  const { places, shown } = principalPlaneOf(await stylizer.painter.styleCodes(joinedPixels(tiles)));
  const { image, numShown } = drawStyleMap(tiles, places);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, await encodePng(image));
  print(`${out}: ${numShown} of ${tiles.length} styles, ${Math.round(shown * 100)}% of the codes' variance`);
}

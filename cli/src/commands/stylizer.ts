import type { Tile } from '@atelier/worker/sample/grid';
import type { Painter } from '@atelier/worker/sample/painter';
import type { ContentToPaint, MixedPaintings } from '@atelier/worker/sample/style-mix';
import { newestCheckpoint, openCheckpointPlaces } from '../run-folder/checkpoint-places.ts';
import { CommandError } from '../terminal/command-error.ts';
import { type GivenStyles, isFile, type StyleOption } from './style-options.ts';

export interface NamedContent {
  readonly name: string;
  readonly content: ContentToPaint;
}

/**
 * The painter of a run's newest checkpoint, for a model that stylizes.
 * @throws CommandError refused for one that makes images from noise
 */
export async function openStylizer(run: string | undefined): Promise<Stylizer> {
  const checkpoint = await newestCheckpoint(await openCheckpointPlaces(run));
  const { Painter } = await import('@atelier/worker/sample/painter');
  const painter = await Painter.open(checkpoint.manifest.config, checkpoint.snapshot);
  const { generate, name } = painter.model;
  if (generate.kind === 'stylize') return new Stylizer(painter, generate.content, generate.style);
  await painter.close();
  throw new CommandError(
    'refused',
    `model ${name} makes images from noise, so it cannot stylize pictures: use atelier sample`,
  );
}

export class Stylizer implements AsyncDisposable {
  readonly painter: Painter;
  readonly #content: string;
  readonly #style: string;

  constructor(painter: Painter, content: string, style: string) {
    this.painter = painter;
    this.#content = content;
    this.#style = style;
  }

  /** @throws DatasetError that names the file */
  async readStyles(options: readonly StyleOption[]): Promise<GivenStyles> {
    const { readPictures } = await import('@atelier/worker/sample/read-pictures');
    const read = [];
    for (const { path } of options) read.push(await readPictures(path, this.#shapeOf(this.#style)));
    return { pictures: read.flat(), counts: read.map(({ length }) => length) };
  }

  /**
   * A picture or those of a folder.
   * @param size of the shorter side of whole pictures; undefined: middle squares, at the model's size
   * @throws DatasetError that names the file
   */
  async readContents(path: string, size: number | undefined): Promise<NamedContent[]> {
    const { readPictures } = await import('@atelier/worker/sample/read-pictures');
    const shape = this.#shapeOf(this.#content);
    const owns = await readPictures(path, this.#shapeOf(this.#style));
    if (size === undefined) {
      const tiles = await readPictures(path, shape);
      return tiles.map(({ name, tile }, i) => ({ name, content: { tile, own: owns[i]?.tile ?? tile } }));
    }
    const { generate } = this.painter.model;
    const step = generate.kind === 'stylize' ? generate.sizeStep : undefined;
    if (step === undefined) {
      throw new CommandError(
        'refused',
        `model ${this.painter.model.name} paints only at ${shape.size} pixels: leave out --size`,
      );
    }
    const { readContentPicture } = await import('@atelier/worker/sample/content-picture');
    const { picturesIn } = await import('@atelier/worker/datasets/folder');
    const paths = (await isFile(path)) ? [path] : (await picturesIn(path)).map((file) => file.path);
    const contents: NamedContent[] = [];
    for (const [i, { name, tile: own }] of owns.entries()) {
      const options = { shorterSide: size, step, channels: shape.channels };
      contents.push({ name, content: { tile: await readContentPicture(paths[i] ?? path, options), own } });
    }
    return contents;
  }

  /** @returns a row for each content, a column for each mix @throws ComputeError */
  async paint(paintings: MixedPaintings): Promise<Tile[][]> {
    const { contents, styles, mixes, strength } = paintings;
    const { stylizeGridOf } = await import('@atelier/worker/sample/sample-grid');
    const { tilesOf } = await import('@atelier/worker/sample/grid');
    const { paintMixes } = await import('@atelier/worker/sample/style-mix');
    const { size } = this.#shapeOf(this.#content);
    const isAsTrained =
      strength === 1 &&
      contents.every(({ tile }) => tile.height === size && tile.width === size) &&
      mixes.every(({ weights }) => weights.includes(1));
    if (!isAsTrained) return paintMixes(this.painter, paintings);
    // What every model can, to the bit what a run's sample grids show.
    const chosen = mixes.flatMap(({ weights }) => styles[weights.indexOf(1)] ?? []);
    const grid = stylizeGridOf(
      contents.map(({ tile }) => tile),
      chosen,
    );
    const painted = await this.painter.paint(grid.inputs);
    const tiles = tilesOf(painted.pixels, painted.shape);
    return contents.map((_, i) => tiles.slice(i * mixes.length, (i + 1) * mixes.length));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.painter.close();
  }

  #shapeOf(domain: string) {
    const shape = this.painter.model.domains[domain];
    if (shape === undefined)
      throw new Error(`model ${this.painter.model.name} lacks its own domain ${domain}`);
    return shape;
  }
}

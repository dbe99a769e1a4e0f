import { SampleOrder } from '@atelier/shared/order/sample-order';
import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import type { Dataset } from '../data/dataset.ts';
import type { ImageShape } from '../model/define-model.ts';
import type { ModelDescription } from '../model/model-description.ts';
import { named } from '../model/named.ts';
import type { RenderedImages, RenderInputs } from '../trained/trained-work.ts';
import { gridOf, joinedPixels, type RgbImage, type Tile, tilesOf } from './grid.ts';

export interface SampleGridOptions {
  readonly rows: number;
  readonly columns: number;
}

/** What a run's sample images are painted of: the same throughout a run and in every run, so that grids compare. */
export interface SampleGrid {
  readonly inputs: RenderInputs;
  /** Puts what was painted into place, with the inputs beside it. */
  arrange(painted: RenderedImages): RgbImage;
}

/** The order's seed: not the run's, so that the grids of two runs show the same inputs. */
const SEED = 0;

/**
 * Contents in rows, styles in columns, for a model that stylizes; else noise images in rows and columns.
 * @param datasets by domain, those of the model's content and style
 * @throws DatasetError
 */
export async function sampleGridOf(
  model: ModelDescription,
  datasets: ReadonlyMap<string, Pick<Dataset, 'numExamples' | 'read'>>,
  options: SampleGridOptions,
): Promise<SampleGrid> {
  const { generate, domains } = model;
  if (generate.kind === 'noise') return noiseGridOf(generate.noiseSize, options);
  return stylizeGridOf(
    await firstExamples(generate.content, named(domains, generate.content), datasets, options.rows),
    await firstExamples(generate.style, named(domains, generate.style), datasets, options.columns),
  );
}

/** Every content in every style: row by row the contents, column by column the styles. */
export function stylizeGridOf(contents: readonly Tile[], styles: readonly Tile[]): SampleGrid {
  const pairs = contents.flatMap((content) => styles.map((style) => ({ content, style })));
  return {
    inputs: {
      kind: 'stylize',
      content: joinedPixels(pairs.map(({ content }) => content)),
      style: joinedPixels(pairs.map(({ style }) => style)),
    },
    arrange: ({ pixels, shape }) => {
      const painted = tilesOf(pixels, shape);
      const rows = contents.map((content, i) => [
        content,
        ...painted.slice(i * styles.length, (i + 1) * styles.length),
      ]);
      return gridOf([[undefined, ...styles], ...rows]);
    },
  };
}

export function noiseGridOf(
  noiseSize: number,
  { rows, columns }: SampleGridOptions,
  seed: number = SEED,
): SampleGrid {
  return {
    inputs: { kind: 'noise', noise: normal(keyOf(seed, 'sample-grid', 'noise'), rows * columns * noiseSize) },
    arrange: ({ pixels, shape }) => {
      const painted = tilesOf(pixels, shape);
      return gridOf(Array.from({ length: rows }, (_, i) => painted.slice(i * columns, (i + 1) * columns)));
    },
  };
}

/** The first examples of a domain, in the order that is the same in every run. @throws DatasetError */
export async function sampleExamples(
  domain: string,
  { size, channels }: ImageShape,
  dataset: Pick<Dataset, 'numExamples' | 'read'>,
  count: number,
): Promise<Tile[]> {
  const order = new SampleOrder({
    seed: SEED,
    domain: `sample-grid ${domain}`,
    numExamples: dataset.numExamples,
  });
  return tilesOf(await dataset.read(order.slice(0, count)), [count, size, size, channels]);
}

function firstExamples(
  domain: string,
  shape: ImageShape,
  datasets: ReadonlyMap<string, Pick<Dataset, 'numExamples' | 'read'>>,
  count: number,
): Promise<Tile[]> {
  const dataset = datasets.get(domain);
  if (dataset === undefined) throw new Error(`a sample grid needs the data set of domain '${domain}'`);
  return sampleExamples(domain, shape, dataset, count);
}

import type { DatasetConfig } from '@atelier/shared/config/run-config';
import { openDataset } from '../datasets/open-dataset.ts';
import { joinedPixels, type Tile, tilesOf } from './grid.ts';
import { heatOverlay } from './heat-overlay.ts';
import type { Painter } from './painter.ts';
import { noiseGridOf, sampleExamples } from './sample-grid.ts';

export interface SaliencyRows {
  /** content, style, painted, its heat, the style's heat; or image, its heat. */
  readonly rows: readonly (readonly Tile[])[];
  /** The discriminator's: higher is more real. `real` is empty for a model that makes images from noise. */
  readonly logits: { readonly painted: readonly number[]; readonly real: readonly number[] };
}

/**
 * The first images of the run's sample grid, each content with a style of its own, and where the discriminator looks.
 * @param data of the run's config
 * @throws ComputeError, DatasetError
 */
export async function saliencyRows(
  painter: Painter,
  data: Readonly<Record<string, DatasetConfig>>,
  numImages: number,
): Promise<SaliencyRows> {
  const { generate, domains } = painter.model;
  if (generate.kind === 'noise') {
    const { inputs } = noiseGridOf(generate.noiseSize, { rows: numImages, columns: 1 });
    const { pixels, shape } = await painter.paint(inputs);
    const { logits, heat } = await judged(painter, tilesOf(pixels, shape));
    const rows = tilesOf(pixels, shape).map((tile, i) => [tile, heat[i] ?? tile]);
    return { rows, logits: { painted: logits, real: [] } };
  }
  const firstOf = async (domain: string): Promise<Tile[]> => {
    const shape = domains[domain];
    const config = data[domain];
    if (shape === undefined || config === undefined) throw new Error(`the run has no data for '${domain}'`);
    return sampleExamples(domain, shape, await openDataset(config, shape), numImages);
  };
  const contents = await firstOf(generate.content);
  const styles = await firstOf(generate.style);
  const painting = await painter.paint({
    kind: 'stylize',
    content: joinedPixels(contents),
    style: joinedPixels(styles),
  });
  const painted = tilesOf(painting.pixels, painting.shape);
  const ofPainted = await judged(painter, painted, styles);
  const ofStyles = await judged(painter, styles, styles);
  const rows = painted.map((tile, i) =>
    [contents[i], styles[i], tile, ofPainted.heat[i], ofStyles.heat[i]].flatMap((each) => each ?? []),
  );
  return { rows, logits: { painted: ofPainted.logits, real: ofStyles.logits } };
}

async function judged(painter: Painter, tiles: readonly Tile[], styles?: readonly Tile[]) {
  const [{ height, width, channels } = { height: 0, width: 0, channels: 0 }] = tiles;
  const { logits, saliency } = await painter.judge({
    images: joinedPixels(tiles),
    shape: [tiles.length, height, width, channels],
    styles: styles === undefined ? undefined : joinedPixels(styles),
  });
  const length = height * width;
  const heat = tiles.map((tile, i) => heatOverlay(tile, saliency.subarray(i * length, (i + 1) * length)));
  return { logits: [...logits], heat };
}

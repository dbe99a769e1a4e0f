import { cachedBytes } from '../../data/byte-cache.ts';
import type { PreparationProgress, Split } from '../../data/dataset.ts';
import { inMemoryReader } from '../../data/dataset-reader.ts';
import { colourSquare } from '../../data/image.ts';
import { type ImageSource, sha256 } from '../../data/pixel-dataset.ts';
import { drawTexture } from './draw-texture.ts';

/** Bump when the drawing changes: it is part of the cache key and of every texture's name. */
const RECIPE = 1;
const NUM_TEXTURES = { train: 2048, test: 256 } as const;
const REPORT_EVERY = 64;

export const textures = inMemoryReader<'textures'>(({ split }, size, { cacheFolder, onProgress }) =>
  readTextures(split, size, cacheFolder, onProgress),
);

/**
 * Textures drawn from their numbers: stripes, dots, marble, patches, checks, zigzags and rings in harmonious colours.
 * No picture is downloaded, the two splits share none, and each is drawn at the model's own size.
 * @param onProgress told while the textures are drawn, the first time only
 */
async function readTextures(
  split: Split,
  size: number,
  cacheFolder: string,
  onProgress?: PreparationProgress,
): Promise<ImageSource> {
  const numExamples = NUM_TEXTURES[split];
  const { bytes: pixels, digest } = await cachedBytes(
    cacheFolder,
    `textures-${RECIPE}-${split}-${size}.pixels`,
    async () => drawAll(split, size, numExamples, onProgress),
  );
  return {
    name: `textures (${split})`,
    numExamples,
    contentDigest: sha256(digest),
    imageAt: (index) => colourSquare(pixels, size, index),
  };
}

async function drawAll(
  split: Split,
  size: number,
  count: number,
  onProgress?: PreparationProgress,
): Promise<Uint8Array> {
  const stride = size * size * 3;
  const pixels = new Uint8Array(count * stride);
  for (let index = 0; index < count; index++) {
    pixels.set(drawTexture(size, RECIPE, split, index).pixels, index * stride);
    if ((index + 1) % REPORT_EVERY !== 0) continue;
    onProgress?.(index + 1, count);
    // Heartbeats and signals are served between batches of drawings.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return pixels;
}

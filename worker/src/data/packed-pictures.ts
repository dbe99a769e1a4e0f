import type { PackedPicture } from '@atelier/shared/shards/pack-shards';
import { encodePng } from './picture-png.ts';
import type { PictureSource } from './picture-source.ts';

/** Whole photographs, decoded, are large. */
const ENCODED_AT_ONCE = 8;

/** Every picture of the source as PNG, in order; some are read and encoded ahead. */
export async function* packedPictures(
  source: PictureSource,
  signal?: AbortSignal,
): AsyncGenerator<PackedPicture> {
  for (let first = 0; first < source.numPictures; first += ENCODED_AT_ONCE) {
    signal?.throwIfAborted();
    const number = Math.min(ENCODED_AT_ONCE, source.numPictures - first);
    yield* await Promise.all(
      Array.from({ length: number }, async (_, i) => {
        const image = await source.pictureAt(first + i, signal);
        const { width, height, channels } = image;
        return { png: await encodePng(image), width, height, channels };
      }),
    );
  }
}

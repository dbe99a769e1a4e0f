import { crop, type Image } from './image.ts';
import type { ImageSource } from './pixel-dataset.ts';
import { resizeSquare } from './resize.ts';
import type { Square } from './style-crop.ts';

/** Pictures that are read one by one, whatever their sizes. */
export interface PictureSource {
  /** In words, the same on every machine. */
  readonly name: string;
  readonly numPictures: number;
  /** SHA-256 (hex) that identifies the pictures. */
  readonly contentDigest: string;
  /** Class of each picture, where it is known. */
  readonly labels?: Uint8Array | undefined;
  /** @param signal aborts what waits for a store */
  pictureAt(place: number, signal?: AbortSignal): Promise<Image>;
}

/** Images that are in memory anyway. */
export function picturesOf({ numExamples, ...source }: ImageSource): PictureSource {
  const { name, contentDigest, labels } = source;
  const pictureAt = (place: number): Promise<Image> => Promise.resolve(source.imageAt(place));
  return { name, contentDigest, labels, numPictures: numExamples, pictureAt };
}

/** Squares of one size out of a picture, at fixed places; the first is the middle square. */
export function squaresOf(picture: Image, crops: number, size: number): Image[] {
  return cropPlaces(picture.width, picture.height, crops).map((square) =>
    resizeSquare(crop(picture, square.left, square.top, square.size), size),
  );
}

/** Every square has the label of its picture. */
export function labelsOfCrops(labels: Uint8Array | undefined, crops: number): Uint8Array | undefined {
  if (labels === undefined || crops === 1) return labels;
  return Uint8Array.from({ length: labels.length * crops }, (_, i) => labels[Math.floor(i / crops)] ?? 0);
}

/**
 * The middle square, then squares of two thirds of it spread evenly by the golden section of the plane.
 * Source: M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (R2).
 */
export function cropPlaces(width: number, height: number, count: number): Square[] {
  const whole = Math.min(width, height);
  const part = Math.max(1, Math.floor((whole * 2) / 3));
  return Array.from({ length: count }, (_, i) => {
    const size = i === 0 ? whole : part;
    const across = i === 0 ? 0.5 : (0.5 + i * 0.7548776662466927) % 1;
    const down = i === 0 ? 0.5 : (0.5 + i * 0.5698402909980532) % 1;
    return { left: Math.floor((width - size) * across), top: Math.floor((height - size) * down), size };
  });
}

import { drawTile, type RgbImage, type Tile } from './grid.ts';

/** Side of the map and of a picture on it, pixels. */
const SIDE = 1200;
const MARGIN = 24;
const THUMBNAIL = 56;
const GROUND = 24;

export interface StyleMap {
  readonly image: RgbImage;
  /** Pictures that found a place; the others lie under those. */
  readonly numShown: number;
}

/**
 * Pictures at places in the plane. Where two would cover each other by more than half, the first stays.
 * @param places of the pictures, in any unit
 */
export function drawStyleMap(
  pictures: readonly Tile[],
  places: readonly (readonly [number, number])[],
): StyleMap {
  const image = { width: SIDE, height: SIDE, pixels: new Uint8Array(SIDE * SIDE * 3).fill(GROUND) };
  const scaled = [0, 1].map((axis) => scaledTo(places.map((place) => place[axis] ?? 0)));
  const taken: (readonly [number, number])[] = [];
  for (const [i, picture] of pictures.entries()) {
    const x = scaled[0]?.[i] ?? 0;
    const y = scaled[1]?.[i] ?? 0;
    if (taken.some(([left, top]) => Math.max(Math.abs(left - x), Math.abs(top - y)) < THUMBNAIL / 2))
      continue;
    taken.push([x, y]);
    drawTile(image, picture, x, y, THUMBNAIL / picture.height);
  }
  return { image, numShown: taken.length };
}

/** Both axes by their own range: the first says more, and would leave the map a line. */
function scaledTo(values: readonly number[]): number[] {
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const room = SIDE - 2 * MARGIN - THUMBNAIL;
  return values.map((value) => MARGIN + Math.round(((value - least) / range) * room));
}

/** RGB bytes, row by row. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** One image of a batch: HWC, values in [-1, 1], 1 or 3 channels. */
export interface Tile {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly pixels: Float32Array;
}

export interface GridOptions {
  /** Pixels between tiles and around them; default 2. */
  readonly gutter?: number;
  /** Every pixel becomes a square of this side; default: so that a tile is about 100 pixels. */
  readonly scale?: number;
}

const BACKGROUND = 24;

/** The images of a batch, NHWC. */
export function tilesOf(pixels: Float32Array, shape: readonly [number, number, number, number]): Tile[] {
  const [count, height, width, channels] = shape;
  const length = height * width * channels;
  return Array.from({ length: count }, (_, i) => ({
    height,
    width,
    channels,
    pixels: pixels.subarray(i * length, (i + 1) * length),
  }));
}

/** The pixels of tiles of one size, one after the other. */
export function joinedPixels(tiles: readonly Tile[]): Float32Array {
  const length = tiles[0]?.pixels.length ?? 0;
  const all = new Float32Array(tiles.length * length);
  for (const [i, { pixels }] of tiles.entries()) all.set(pixels, i * length);
  return all;
}

/** Tiles in rows; undefined leaves a place blank. All tiles are of the first one's size. */
export function gridOf(
  rows: readonly (readonly (Tile | undefined)[])[],
  options: GridOptions = {},
): RgbImage {
  const first = rows.flat().find((tile) => tile !== undefined);
  const { width: tileWidth, height: tileHeight } = first ?? { width: 0, height: 0 };
  const scale = options.scale ?? Math.max(1, Math.round(96 / Math.max(1, tileHeight)));
  const gutter = options.gutter ?? 2;
  const stepX = tileWidth * scale + gutter;
  const stepY = tileHeight * scale + gutter;
  const width = Math.max(...rows.map((row) => row.length)) * stepX + gutter;
  const height = rows.length * stepY + gutter;
  const pixels = new Uint8Array(width * height * 3).fill(BACKGROUND);
  for (const [y, row] of rows.entries()) {
    for (const [x, tile] of row.entries()) {
      if (tile) drawTile({ width, height, pixels }, tile, x * stepX + gutter, y * stepY + gutter, scale);
    }
  }
  return { width, height, pixels };
}

/** One image, its own size. */
export function imageOf(tile: Tile): RgbImage {
  return gridOf([[tile]], { gutter: 0, scale: 1 });
}

/** Enlarged by `scale`, which may be broken: nearest neighbour. It must lie inside. */
export function drawTile(into: RgbImage, tile: Tile, left: number, top: number, scale: number): void {
  for (let y = 0; y < tile.height * scale; y += 1) {
    for (let x = 0; x < tile.width * scale; x += 1) {
      const from = (Math.floor(y / scale) * tile.width + Math.floor(x / scale)) * tile.channels;
      const to = ((top + y) * into.width + left + x) * 3;
      for (let c = 0; c < 3; c += 1) {
        const value = tile.pixels[from + (tile.channels === 1 ? 0 : c)] ?? 0;
        into.pixels[to + c] = Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)));
      }
    }
  }
}

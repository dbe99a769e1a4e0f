import type { Picture } from './decode-picture.ts';

/** A square inside a picture, in pixels. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

export interface StyleSquare extends Square {
  /** Mean opacity, 0 to 1. */
  readonly opacity: number;
  /** Standard deviation of its colours, 0 to about 180. */
  readonly variety: number;
  /** Mean distance of its colours from grey (largest minus smallest channel), 0 to 255. */
  readonly colourfulness: number;
  /** Share of nearly white pixels, 0 to 1: lettering, signs and flags have much, shaded things little. */
  readonly whiteness: number;
}

const BLOCK = 16;
const SIZES_IN_BLOCKS = [6, 7, 8, 9, 10];
const MIN_OPACITY = 0.97;
/** Sums over a block, weighted by opacity: 1, red, green, blue, their squares, distance from grey, nearly white. */
const SUMS = 7;
const NEARLY_WHITE = 225;

/**
 * The squares of a picture that make good styles, best first: inside its outline, rich in colour and shading. They
 * overlap each other by less than half.
 */
export function chooseStyleSquares(picture: Picture, count: number): StyleSquare[] {
  const candidates = candidateSquares(picture).sort((a, b) => scoreOf(b) - scoreOf(a));
  const chosen: StyleSquare[] = [];
  for (const candidate of candidates) {
    if (chosen.length === count) break;
    if (chosen.every((other) => overlapOf(candidate, other) < 0.5)) chosen.push(candidate);
  }
  return chosen;
}

/** A square with a hole is worse than a plain one; among the whole ones variety and colour decide, then size. */
function scoreOf(square: StyleSquare): number {
  const whole = Math.min(1, square.opacity / MIN_OPACITY) ** 8;
  return whole * (10 + square.variety + 0.3 * square.colourfulness) * Math.sqrt(square.size);
}

function overlapOf(a: Square, b: Square): number {
  const width = Math.min(a.left + a.size, b.left + b.size) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.size, b.top + b.size) - Math.max(a.top, b.top);
  return width <= 0 || height <= 0 ? 0 : (width * height) / Math.min(a.size, b.size) ** 2;
}

function candidateSquares(picture: Picture): StyleSquare[] {
  const columns = Math.floor(picture.image.width / BLOCK);
  const rows = Math.floor(picture.image.height / BLOCK);
  const sums = blockSums(picture, columns, rows);
  const squares: StyleSquare[] = [];
  for (const size of SIZES_IN_BLOCKS) {
    for (let row = 0; row + size <= rows; row++) {
      for (let column = 0; column + size <= columns; column++) {
        squares.push(measured(sums, columns, row, column, size));
      }
    }
  }
  return squares;
}

function blockSums({ image, alpha }: Picture, columns: number, rows: number): Float64Array {
  const sums = new Float64Array(columns * rows * SUMS);
  for (let y = 0; y < rows * BLOCK; y++) {
    for (let x = 0; x < columns * BLOCK; x++) {
      const pixel = y * image.width + x;
      const opacity = (alpha[pixel] ?? 0) / 255;
      const red = image.pixels[pixel * 3] ?? 0;
      const green = image.pixels[pixel * 3 + 1] ?? 0;
      const blue = image.pixels[pixel * 3 + 2] ?? 0;
      const least = Math.min(red, green, blue);
      const at = (Math.floor(y / BLOCK) * columns + Math.floor(x / BLOCK)) * SUMS;
      add(sums, at, opacity);
      add(sums, at + 1, opacity * red);
      add(sums, at + 2, opacity * green);
      add(sums, at + 3, opacity * blue);
      add(sums, at + 4, opacity * (red * red + green * green + blue * blue));
      add(sums, at + 5, opacity * (Math.max(red, green, blue) - least));
      add(sums, at + 6, least > NEARLY_WHITE ? opacity : 0);
    }
  }
  return sums;
}

function add(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] ?? 0) + value;
}

function measured(
  sums: Float64Array,
  columns: number,
  row: number,
  column: number,
  size: number,
): StyleSquare {
  const total = new Float64Array(SUMS);
  for (let y = row; y < row + size; y++) {
    for (let x = column; x < column + size; x++) {
      for (let i = 0; i < SUMS; i++) total[i] = (total[i] ?? 0) + (sums[(y * columns + x) * SUMS + i] ?? 0);
    }
  }
  const [opacity = 0, red = 0, green = 0, blue = 0, squares = 0, colour = 0, white = 0] = total;
  const mass = Math.max(opacity, 1);
  const mean = [red / mass, green / mass, blue / mass];
  const variance = squares / mass - mean.reduce((sum, value) => sum + value * value, 0);
  return {
    left: column * BLOCK,
    top: row * BLOCK,
    size: size * BLOCK,
    opacity: opacity / (size * BLOCK) ** 2,
    variety: Math.sqrt(Math.max(0, variance)),
    colourfulness: colour / mass,
    whiteness: white / mass,
  };
}

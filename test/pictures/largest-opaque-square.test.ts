import { expect, test } from 'vitest';
import { largestOpaqueSquare } from './largest-opaque-square.ts';

const opacityOf = (...rows: string[]): Uint8Array =>
  Uint8Array.from(rows.join(''), (pixel) => (pixel === '#' ? 255 : 0));

test('of a piece of a puzzle its body is found, without its tabs', () => {
  const piece = opacityOf('..#...', '#####.', '.####.', '.#####', '.####.', '..#...');
  expect(largestOpaqueSquare(piece, 6)).toEqual({ left: 1, top: 1, width: 4, height: 4 });
});

test('a picture without anything has no square', () => {
  expect(largestOpaqueSquare(opacityOf('...', '...'), 3)).toMatchObject({ width: 0, height: 0 });
});

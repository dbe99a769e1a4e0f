import type { Draw } from './draw.ts';

/** Smooth noise in about [-1, 1] over the plane, with features of about unit size. */
export type Noise = (x: number, y: number) => number;

const SIDE = 16;

/** Perlin's improved gradient noise (2002) over a lattice that repeats after 16 units. */
export function createGradientNoise(draw: Draw): Noise {
  const gradients = new Float32Array(SIDE * SIDE * 2);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const angle = 2 * Math.PI * draw();
    gradients[2 * i] = Math.cos(angle);
    gradients[2 * i + 1] = Math.sin(angle);
  }
  const corner = (column: number, row: number, dx: number, dy: number): number => {
    const at = ((row & (SIDE - 1)) * SIDE + (column & (SIDE - 1))) * 2;
    return (gradients[at] ?? 0) * dx + (gradients[at + 1] ?? 0) * dy;
  };
  return (x, y) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const dx = x - column;
    const dy = y - row;
    const u = fade(dx);
    const upper = mix(corner(column, row, dx, dy), corner(column + 1, row, dx - 1, dy), u);
    const lower = mix(corner(column, row + 1, dx, dy - 1), corner(column + 1, row + 1, dx - 1, dy - 1), u);
    return 1.5 * mix(upper, lower, fade(dy));
  };
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

function mix(a: number, b: number, t: number): number {
  return a + t * (b - a);
}

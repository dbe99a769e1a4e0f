import type { Draw } from './draw.ts';
import { createGradientNoise } from './gradient-noise.ts';

/** What lies at a point of the unit square: figure against ground from -1 to 1, and whether the accent replaces the figure. */
export interface Mark {
  readonly figure: number;
  readonly accented: boolean;
}

/** A drawing without colours: (x, y) in [0, 1) to its mark. */
export type Pattern = (x: number, y: number) => Mark;

const TURN = 2 * Math.PI;

/** One of seven kinds: stripes, dots, marble, patches, checks, zigzags, rings; turned, scaled and sometimes warped. */
export function drawPattern(draw: Draw): Pattern {
  const kind = Math.floor(draw() * 7);
  const angle = Math.PI * draw();
  const cycles = 2 + 3.5 * draw();
  const phase = 10 * draw();
  const warp = draw() < 0.5 ? 0.15 * draw() : 0;
  const noise = createGradientNoise(draw);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);

  const markOf = (u: number, v: number): Mark => {
    const along = u * cos + v * sin;
    const across = v * cos - u * sin;
    switch (kind) {
      case 0: // stripes, every other one in the accent
        return {
          figure: Math.sin(TURN * cycles * along + phase),
          accented: Math.sin(TURN * 0.5 * cycles * along + phase / 2) > 0.6,
        };
      case 1: {
        // dots
        const dx = along * cycles + phase;
        const dy = across * cycles + phase;
        return {
          figure: 6 * (0.32 - Math.hypot(dx - Math.floor(dx) - 0.5, dy - Math.floor(dy) - 0.5)),
          accented: false,
        };
      }
      case 2: {
        // marble
        const vein = 5 * noise(3 * u, 3 * v) + 2 * noise(7 * u, 7 * v);
        return {
          figure: Math.sin(TURN * 0.6 * cycles * along + phase + vein),
          accented: noise(4 * u + 8, 4 * v) > 0.3,
        };
      }
      case 3: // patches
        return {
          figure: 5 * noise(1.2 * cycles * u + phase, 1.2 * cycles * v),
          accented: noise(1.2 * cycles * u + phase + 8, 1.2 * cycles * v + 8) > 0.25,
        };
      case 4: // checks
        return {
          figure:
            4 *
            Math.sin(TURN * 0.7 * cycles * along + phase) *
            Math.sin(TURN * 0.7 * cycles * across + phase),
          accented: false,
        };
      case 5: // zigzags
        return {
          figure: Math.sin(TURN * cycles * (along + 0.06 * Math.sin(TURN * 0.7 * cycles * across))),
          accented: false,
        };
      default: {
        // rings
        const radius = Math.hypot(u - 0.5 + 0.3 * cos, v - 0.5 + 0.3 * sin);
        return {
          figure: Math.sin(TURN * 1.1 * cycles * radius + phase),
          accented: Math.sin(TURN * 0.55 * cycles * radius + phase / 2) > 0.5,
        };
      }
    }
  };
  if (warp === 0) return markOf;
  return (x, y) => markOf(x + warp * noise(3 * x + 7, 3 * y), y + warp * noise(3 * x, 3 * y + 9));
}

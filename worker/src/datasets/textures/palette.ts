import type { Draw } from './draw.ts';

/** Red, green, blue, each 0..255. */
export type Colour = readonly [number, number, number];
/** Ground, figure and accent. */
export type Palette = readonly [Colour, Colour, Colour];

/** Hues of figure and accent against the ground's, radians: complementary, neighbours, triad, split. */
const HARMONIES = [
  [Math.PI, 0.5],
  [0.7, -0.7],
  [(2 * Math.PI) / 3, (4 * Math.PI) / 3],
  [1.2, -2.2],
] as const;

/** A dark, a light and a middling colour of related hues; the ground is the dark or the middling one. */
export function drawPalette(draw: Draw): Palette {
  const hue = 2 * Math.PI * draw();
  const [toFigure, toAccent] = HARMONIES[Math.floor(draw() * HARMONIES.length)] ?? HARMONIES[0];
  const dark = oklch(0.25 + 0.2 * draw(), 0.14 + 0.1 * draw(), hue);
  const light = oklch(0.82 + 0.12 * draw(), 0.08 + 0.1 * draw(), hue + toFigure);
  const middle = oklch(0.45 + 0.15 * draw(), 0.14 + 0.1 * draw(), hue + toAccent);
  return draw() < 0.5 ? [dark, light, middle] : [middle, light, dark];
}

/** Lightness, chroma and hue (radians) to sRGB, clipped. Ottosson 2020, "A perceptual color space for image processing". */
export function oklch(lightness: number, chroma: number, hue: number): Colour {
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toSrgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toSrgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toSrgb(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toSrgb(linear: number): number {
  const clipped = Math.max(0, Math.min(1, linear));
  const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return 255 * encoded;
}

import { floatsOf, type Pictures, pictureAt } from './metrics/pictures.ts';

/** What can be made of a content and a style without a network: the rows to beat, and the rows that show what a metric sees. */
export interface Baseline {
  readonly name: string;
  /** One picture of one pair. */
  paint(content: Float32Array, style: Float32Array): Float32Array;
}

/** Bars are relative to this one. */
export const COLOUR_STATISTICS = 'colour statistics moved';

export const baselines: readonly Baseline[] = [
  { name: 'content only', paint: (content) => content },
  { name: COLOUR_STATISTICS, paint: withColourStatistics },
  { name: '50% blend', paint: (content, style) => content.map((value, i) => (value + (style[i] ?? 0)) / 2) },
  { name: 'MNIST-M paste', paint: pasted },
  { name: 'style flipped (floor)', paint: (_, style) => mirrored(style) },
];

/** Of each pair its picture. */
export function paintedBy(baseline: Baseline, contents: Pictures, styles: Pictures): Pictures {
  const { count, size } = contents;
  const length = floatsOf(contents);
  const pixels = new Float32Array(count * length);
  for (let i = 0; i < count; i += 1) {
    pixels.set(baseline.paint(pictureAt(contents, i), pictureAt(styles, i)), i * length);
  }
  return { pixels, count, size };
}

/** Each channel of the content with the style's mean and standard deviation (Reinhard et al. 2001, in RGB), clipped. */
function withColourStatistics(content: Float32Array, style: Float32Array): Float32Array {
  const from = [0, 1, 2].map((channel) => momentsOf(content, channel));
  const to = [0, 1, 2].map((channel) => momentsOf(style, channel));
  return content.map((value, i) => {
    const { mean = 0, deviation = 0 } = from[i % 3] ?? {};
    const wanted = to[i % 3] ?? { mean: 0, deviation: 0 };
    const moved = ((value - mean) / Math.max(deviation, 1e-6)) * wanted.deviation + wanted.mean;
    return Math.max(-1, Math.min(1, moved));
  });
}

function momentsOf(
  picture: Float32Array,
  channel: number,
): { readonly mean: number; readonly deviation: number } {
  const values = picture.filter((_, i) => i % 3 === channel);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

/** |style - content| with both in [0, 1]: how MNIST-M is made (Ganin et al. 2016). */
function pasted(content: Float32Array, style: Float32Array): Float32Array {
  return content.map((value, i) => Math.abs((style[i] ?? 0) - value) - 1);
}

function mirrored(picture: Float32Array): Float32Array {
  const size = Math.sqrt(picture.length / 3);
  return picture.map((_, i) => {
    const pixel = Math.floor(i / 3);
    const across = pixel % size;
    return picture[(pixel - across + (size - 1 - across)) * 3 + (i % 3)] ?? 0;
  });
}

import { joinedPixels, type Tile, tilesOf } from './grid.ts';
import type { Painter } from './painter.ts';

/** A style made of several: a weight for each style picture. */
export interface StyleMix {
  readonly name: string;
  /** They sum to 1. */
  readonly weights: readonly number[];
}

export interface ContentToPaint {
  /** As the model takes contents, of any size. */
  readonly tile: Tile;
  /** The same picture as a style. */
  readonly own: Tile;
}

export interface MixedPaintings {
  readonly contents: readonly ContentToPaint[];
  readonly styles: readonly Tile[];
  readonly mixes: readonly StyleMix[];
  /** 1: the mix alone; below: mixed with the content's own style, which 0 is (Huang and Belongie 2017, section 7.1). */
  readonly strength: number;
}

/** @returns a row for each content, a column for each mix @throws ComputeError */
export async function paintMixes(painter: Painter, paintings: MixedPaintings): Promise<Tile[][]> {
  const { contents, styles, mixes, strength } = paintings;
  const rows: Tile[][] = contents.map(() => []);
  for (const group of sameSizes(contents)) {
    const used = strength < 1 ? [...styles, ...group.map(({ content }) => content.own)] : styles;
    const weights = new Float32Array(group.length * mixes.length * used.length);
    const pairs = group.flatMap(({ content }, i) => mixes.map((mix) => ({ content, mix, i })));
    for (const [row, { mix, i }] of pairs.entries()) {
      for (const [k, weight] of mix.weights.entries()) weights[row * used.length + k] = weight * strength;
      if (strength < 1) weights[row * used.length + styles.length + i] = 1 - strength;
    }
    const [first] = group;
    if (first === undefined) continue;
    const { height, width } = first.content.tile;
    const painted = await painter.paint({
      kind: 'mixed',
      content: joinedPixels(pairs.map(({ content }) => content.tile)),
      height,
      width,
      styles: joinedPixels(used),
      weights,
    });
    for (const [row, tile] of tilesOf(painted.pixels, painted.shape).entries())
      rows[group[Math.floor(row / mixes.length)]?.place ?? 0]?.push(tile);
  }
  return rows;
}

/** What is painted in one call must be of one size. */
function sameSizes(contents: readonly ContentToPaint[]) {
  const groups = new Map<string, { readonly content: ContentToPaint; readonly place: number }[]>();
  for (const [place, content] of contents.entries()) {
    const size = `${content.tile.height}x${content.tile.width}`;
    groups.set(size, [...(groups.get(size) ?? []), { content, place }]);
  }
  return groups.values();
}

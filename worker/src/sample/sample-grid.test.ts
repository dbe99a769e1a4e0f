import { describe, expect, it } from 'vitest';
import { gridOf, type Tile, tilesOf } from './grid.ts';
import { encodePng } from './png.ts';
import { noiseGridOf, sampleGridOf, stylizeGridOf } from './sample-grid.ts';

const grey = (value: number): Tile => ({ height: 1, width: 1, channels: 1, pixels: Float32Array.of(value) });
const pixelAt = (image: { width: number; pixels: Uint8Array }, x: number, y: number) => [
  ...image.pixels.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
];

describe('gridOf', () => {
  it('draws every tile enlarged in its place, grey as three equal channels, and leaves blanks', () => {
    const red: Tile = { height: 1, width: 1, channels: 3, pixels: Float32Array.of(1, -1, -1) };
    const image = gridOf(
      [
        [undefined, red],
        [grey(0), grey(5)],
      ],
      { scale: 2, gutter: 1 },
    );
    expect([image.width, image.height]).toEqual([7, 7]);
    expect(pixelAt(image, 1, 1)).toEqual([24, 24, 24]);
    expect(pixelAt(image, 4, 1)).toEqual([255, 0, 0]);
    expect(pixelAt(image, 5, 2)).toEqual([255, 0, 0]);
    expect(pixelAt(image, 1, 4)).toEqual([128, 128, 128]);
    expect(pixelAt(image, 5, 5)).toEqual([255, 255, 255]);
  });

  it('becomes a PNG of its size', async () => {
    const png = Buffer.from(await encodePng(gridOf([[grey(1)]], { scale: 3 })));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([7, 7]);
  });
});

describe('stylizeGridOf', () => {
  it('pairs contents with styles row by row and shows both at the edges', () => {
    const grid = stylizeGridOf([grey(-1), grey(0)], [grey(0.5), grey(1), grey(0.25)]);
    expect(grid.inputs).toEqual({
      kind: 'stylize',
      content: Float32Array.of(-1, -1, -1, 0, 0, 0),
      style: Float32Array.of(0.5, 1, 0.25, 0.5, 1, 0.25),
    });
    const image = grid.arrange({ pixels: Float32Array.of(1, 1, 1, 1, 1, -1), shape: [6, 1, 1, 1] });
    const at = (column: number, row: number) => pixelAt(image, column * 98 + 2, row * 98 + 2)[0];
    expect([at(0, 0), at(2, 0), at(0, 1), at(3, 1), at(3, 2)]).toEqual([24, 255, 0, 255, 0]);
  });
});

describe('sampleGridOf', () => {
  it('reads the same examples whatever the run’s seed, and different ones in each row', async () => {
    const asked: (readonly number[])[] = [];
    const dataset = {
      numExamples: 100,
      read: (indices: readonly number[]) => {
        asked.push(indices);
        return Promise.resolve(Float32Array.from(indices));
      },
    };
    const model = {
      name: 'm',
      domains: { content: { size: 1, channels: 1 }, style: { size: 1, channels: 1 } },
      groups: [],
      phases: [],
      generate: { kind: 'stylize', content: 'content', style: 'style', uses: [] },
    } as const;
    const datasets = new Map([
      ['content', dataset],
      ['style', dataset],
    ]);
    await sampleGridOf(model, datasets, { rows: 5, columns: 3 });
    await sampleGridOf(model, datasets, { rows: 5, columns: 3 });
    expect(asked.map((indices) => new Set(indices).size)).toEqual([5, 3, 5, 3]);
    expect(asked.slice(2)).toEqual(asked.slice(0, 2));
  });

  it('draws the same noise for a bigger grid, and more', () => {
    const noiseOf = (rows: number) => {
      const { inputs } = noiseGridOf(7, { rows, columns: 2 });
      return inputs.kind === 'noise' ? inputs.noise : new Float32Array();
    };
    expect(noiseOf(1)).toHaveLength(14);
    expect(noiseOf(3).subarray(0, 14)).toEqual(noiseOf(1));
    expect(tilesOf(noiseOf(1), [2, 1, 7, 1])).toHaveLength(2);
  });
});

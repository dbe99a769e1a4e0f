import { keyOf, normal } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { initialParametersOf } from '../model/initial-parameters.ts';
import { article } from '../presets/article.ts';
import { renderImages } from './render.ts';

const model = article.create(article.options.parse({ size: 8, width: 0.05 }), { batchSize: 2 });
const generator = model.groups
  .filter(({ name }) => name === 'generator')
  .map(({ name, tensors, statistics = [] }) => ({ name, tensors, statistics }));
const parameters = initialParametersOf(
  { groups: generator.map(({ name, tensors }) => ({ name, tensors })) },
  1,
);
const statistics = initialParametersOf(
  { groups: generator.map(({ name, statistics }) => ({ name, tensors: statistics })) },
  1,
);
const inputs = { kind: 'noise', noise: normal(keyOf('noise'), 35 * 100) } as const;

describe('renderImages', () => {
  it('paints content and style side by side for the article’s pairs, and leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const { pixels, shape } = renderImages(
      model,
      { generator: parameters },
      { generator: statistics },
      inputs,
    );
    expect(shape).toEqual([35, 8, 16, 3]);
    expect(pixels).toHaveLength(35 * 8 * 16 * 3);
    expect(pixels.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names a group whose length is wrong', () => {
    expect(() =>
      renderImages(model, { generator: parameters.subarray(1) }, { generator: statistics }, inputs),
    ).toThrow(/group 'generator': got \d+ numbers/);
  });

  it('refuses inputs of the other kind', () => {
    const pairs = { kind: 'stylize', content: new Float32Array(), style: new Float32Array() } as const;
    expect(() => renderImages(model, { generator: parameters }, { generator: statistics }, pairs)).toThrow(
      /from noise, not from stylize/,
    );
  });
});

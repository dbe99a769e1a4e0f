import { keyOf, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import type { Model } from '../model/define-model.ts';
import { initialParametersOf } from '../model/initial-parameters.ts';
import { adain32 } from '../presets/adain/adain.ts';
import { stylizingGenerator } from '../presets/adain/generator.ts';
import { styleReaderOf } from '../presets/adain/style-reader.ts';
import { dcgan32 } from '../presets/dcgan.ts';
import { withTrained } from './group-tensors.ts';
import { styleCodesOf } from './mixed-styles.ts';
import { renderImages } from './render.ts';
import { judgeImages } from './saliency.ts';
import type { TrainedFlats } from './trained-work.ts';

const model = adain32.create(adain32.options.parse({ channels: 8, codeSize: 16 }), { batchSize: 2 });
const trained = trainedOf(model);

function trainedOf({ groups }: Model): TrainedFlats {
  const flatsOf = (kind: 'tensors' | 'statistics') =>
    Object.fromEntries(
      groups.map(({ name, ...group }) => [
        name,
        initialParametersOf({ groups: [{ name, tensors: group[kind] ?? [] }] }, 1),
      ]),
    );
  return { parameters: flatsOf('tensors'), statistics: flatsOf('statistics') };
}

function pixels(name: string, count: number): Float32Array {
  return uniform(keyOf('pixels', name), count).map((value) => 2 * value - 1);
}

function render(inputs: Parameters<typeof renderImages>[3]): Float32Array {
  return renderImages(model, trained.parameters, trained.statistics, inputs).pixels;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

const content = pixels('content', 32 * 32);
const styles = pixels('styles', 2 * 32 * 32 * 3);
const mixed = (weights: readonly number[], height = 32, width = 32) =>
  render({
    kind: 'mixed',
    content: pixels('content', height * width),
    height,
    width,
    styles: styles.slice(),
    weights: Float32Array.from(weights),
  });

describe('a mix of styles', () => {
  it('is the style itself where it has all the weight, and in between otherwise', () => {
    const second = render({ kind: 'stylize', content: content.slice(), style: styles.slice(32 * 32 * 3) });
    expect(largestDifference(mixed([0, 1]), second)).toBeLessThan(1e-5);
    const away = largestDifference(mixed([0.5, 0.5]), second);
    expect(away).toBeGreaterThan(largestDifference(mixed([0.1, 0.9]), second));
    expect(away).toBeGreaterThan(0.05);
  });

  it('paints contents of other sizes and proportions', () => {
    const painted = mixed([0.5, 0.5], 24, 68);
    expect(painted).toHaveLength(24 * 68 * 3);
    expect(painted.every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  it('keeps textures as strong as the single ones are', () => {
    const reader = styleReaderOf(
      stylizingGenerator({
        size: 32,
        channels: 8,
        codeSize: 16,
        residualBlocks: 1,
        contentSkip: ['half', 'full'],
      }),
    );
    const canvas = tf.randomNormal<tf.Rank.R4>([40, 16, 16, 3], 0, 1, 'float32', 7);
    const all = { code: tf.zeros([40, 16]), canvas };
    const mix = reader.mix(all, tf.fill([1, 40], 1 / 40));
    const { variance } = tf.moments(mix['canvas'] ?? tf.zeros([1]));
    expect(Math.abs((variance.dataSync()[0] ?? 0) - 1)).toBeLessThan(0.2);
  });

  it('reads the same code whatever else is read with it, and leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const codesOf = (images: Float32Array) =>
      withTrained(model, ['generator'], trained, (tensors) => styleCodesOf(model, tensors, images));
    const both = codesOf(styles);
    expect(both).toHaveLength(32);
    expect(largestDifference(both.subarray(16), codesOf(styles.slice(32 * 32 * 3)))).toBeLessThan(1e-5);
    mixed([1, 0]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('judgeImages', () => {
  it('tells by how much the score moves when a pixel does', () => {
    const gan = dcgan32.create(dcgan32.options.parse({ width: 8, channels: 1 }), { batchSize: 2 });
    const judge = (images: Float32Array) =>
      withTrained(gan, ['discriminator'], trainedOf(gan), (tensors) =>
        judgeImages(gan, tensors, { images, shape: [2, 32, 32, 1], styles: undefined }),
      );
    const images = pixels('judged', 2 * 32 * 32);
    const { logits, saliency } = judge(images);
    const hottest = saliency.subarray(1024).indexOf(Math.max(...saliency.subarray(1024))) + 1024;
    const moved = judge(images.map((value, i) => (i === hottest ? value + 0.05 : value)));
    const slope = Math.abs((moved.logits[1] ?? 0) - (logits[1] ?? 0)) / 0.05;
    expect(slope / (saliency[hottest] ?? 0)).toBeCloseTo(1, 1);
    expect(moved.logits[0]).toBe(logits[0]);
  });

  it('says that a model has no judge', () => {
    const { judge: _, ...without } = model;
    expect(() =>
      withTrained(without, [], trained, (tensors) =>
        judgeImages(without, tensors, { images: content, shape: [1, 32, 32, 1], styles: undefined }),
      ),
    ).toThrow(/has no judge/);
  });
});

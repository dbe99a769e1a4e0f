import * as tf from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { objectiveNames, objectiveOf } from './objective.ts';

const numberOf = (tensor: tf.Tensor) => tensor.dataSync()[0];

describe('objectiveOf', () => {
  it.each(objectiveNames)('%s pulls D up on real and down on fake, and G up', (name) => {
    const { discriminatorLoss, generatorLoss } = objectiveOf(name);
    const [real, fake] = [tf.tensor1d([-0.5, 0, 0.3]), tf.tensor1d([0.4, 0, -0.2])];
    const [onReal, onFake] = tf.grads((r, f) => discriminatorLoss(r as tf.Tensor, f as tf.Tensor))([
      real,
      fake,
    ]);
    const onGenerated = tf.grad((f) => generatorLoss(f))(fake);
    expect([...(onReal?.dataSync() ?? [])].every((slope) => slope < 0 && Number.isFinite(slope))).toBe(true);
    expect(
      [...(onFake?.dataSync() ?? [])].every((slope) => slope > 0 || (name === 'lsgan' && slope > -1)),
    ).toBe(true);
    expect([...onGenerated.dataSync()].every((slope) => slope < 0 && Number.isFinite(slope))).toBe(true);
  });

  it.each([
    // An undecided discriminator; log 2 for each half of the logistic games.
    ['minimax', 2 * Math.LN2, -Math.LN2],
    ['non-saturating', 2 * Math.LN2, Math.LN2],
    ['lsgan', 0.5, 0.5],
    ['hinge', 2, 0],
    ['wgan-gp', 0, 0],
  ] as const)('%s of logits 0 is %d for D and %d for G', (name, discriminator, generator) => {
    const zeros = tf.zeros([4]);
    expect(numberOf(objectiveOf(name).discriminatorLoss(zeros, zeros))).toBeCloseTo(discriminator, 6);
    expect(numberOf(objectiveOf(name).generatorLoss(zeros))).toBeCloseTo(generator, 6);
  });

  it.each(['minimax', 'non-saturating'] as const)(
    '%s with label 0.9 is content when D says 0.9 of real',
    (name) => {
      const { discriminatorLoss } = objectiveOf(name, { realLabel: 0.9 });
      const slope = tf.grad((real) => discriminatorLoss(real, tf.zeros([1])))(
        tf.tensor1d([Math.log(0.9 / 0.1)]),
      );
      expect(numberOf(slope)).toBeCloseTo(0, 6);
    },
  );

  it('does not overflow for a discriminator that is sure', () => {
    const sure = tf.tensor1d([1e4, -1e4]);
    for (const name of objectiveNames) {
      expect(Number.isFinite(numberOf(objectiveOf(name).discriminatorLoss(sure, sure)))).toBe(true);
    }
  });
});

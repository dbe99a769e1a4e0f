import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchPosition, SampleOrder } from './sample-order.ts';
import { numReadsBefore } from './schedule.ts';

test('every epoch names every example exactly once, for any length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(5), (numExamples, epoch) => {
      const order = new SampleOrder({ seed: 7, domain: 'content', numExamples });
      const examples = order.slice(epoch * numExamples, numExamples).sort((a, b) => a - b);
      expect(examples).toEqual(Array.from({ length: numExamples }, (_, i) => i));
    }),
  );
});

test('epochs, domains and seeds differ in their order', () => {
  const order = (seed: number, domain: string): SampleOrder =>
    new SampleOrder({ seed, domain, numExamples: 1000 });
  const first = order(1, 'content').slice(0, 50);
  expect(order(1, 'content').slice(1000, 50)).not.toEqual(first);
  expect(order(1, 'style').slice(0, 50)).not.toEqual(first);
  expect(order(2, 'content').slice(0, 50)).not.toEqual(first);
  expect(order(1, 'content').slice(0, 50)).toEqual(first);
});

test('the shares of all virtual workers and steps tile the stream without gap or overlap', () => {
  const phases = [
    { name: 'discriminator', group: 'd', reads: ['content', 'style'], losses: ['loss'] },
    { name: 'discriminator-again', group: 'd', reads: ['style'], losses: ['loss'] },
    { name: 'generator', group: 'g', reads: ['content'], losses: ['loss'] },
  ];
  for (const domain of ['content', 'style']) {
    const positions: number[] = [];
    for (let step = 0; step < 9; step += 1) {
      if (!phases[step % 3]?.reads.includes(domain)) continue;
      for (let v = 0; v < 4; v += 1) {
        const first = batchPosition(numReadsBefore(step, domain, phases), v, 4, 3);
        positions.push(first, first + 1, first + 2);
      }
    }
    expect(positions).toEqual(Array.from({ length: 6 * 4 * 3 }, (_, i) => i));
  }
});

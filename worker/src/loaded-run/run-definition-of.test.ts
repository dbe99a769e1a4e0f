import { expect, it } from 'vitest';
import { describeModel } from '../model/model-description.ts';
import { runDefinitionOf } from './run-definition-of.ts';

const model = describeModel({
  name: 'tiny',
  domains: { real: { size: 8, channels: 1 } },
  groups: [
    {
      name: 'generator',
      tensors: [{ name: 'kernel', shape: [2, 3], initial: { kind: 'constant', value: 0 } }],
    },
  ],
  phases: [
    {
      name: 'generator',
      group: 'generator',
      uses: [],
      reads: ['real'],
      losses: ['g'],
      noiseOf: () => ({}),
      run: () => ({ losses: {} }),
    },
  ],
  generate: {
    kind: 'noise',
    noiseSize: 4,
    uses: ['generator'],
    run: () => {
      throw new Error('not run here');
    },
  },
});

it('says of a model and its data what the coordinator must know, and no more', () => {
  expect(runDefinitionOf(model, new Map([['real', { numExamples: 10, digest: 'abc' }]]))).toEqual({
    model: 'tiny',
    groups: [{ name: 'generator', tensors: [{ name: 'kernel', shape: [2, 3] }], statistics: [] }],
    phases: [{ name: 'generator', group: 'generator', reads: ['real'], losses: ['g'] }],
    domains: [{ name: 'real', numExamples: 10, digest: 'abc' }],
  });
});

it('refuses a phase whose domain has no data', () => {
  expect(() => runDefinitionOf(model, new Map())).toThrow("reads domain 'real', which is not defined");
});

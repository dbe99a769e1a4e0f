import { runConfigSchema } from '@atelier/shared/config/run-config';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { expect, it } from 'vitest';
import { epochsCompletedBy, examplesOf } from './commit-record.ts';

const config = runConfigSchema.parse({
  iterations: 10,
  virtualWorkers: 4,
  batchPerVirtualWorker: 2,
  model: { module: 'm.ts' },
  optimizers: {},
});
const definition: RunDefinition = {
  model: 'm',
  groups: [],
  phases: [
    { name: 'critic', group: 'd', reads: ['content', 'style'], losses: ['loss'] },
    { name: 'generator', group: 'g', reads: ['content'], losses: ['loss'] },
  ],
  domains: [
    { name: 'content', numExamples: 10, digest: 'a' },
    { name: 'style', numExamples: 3, digest: 'b' },
  ],
};

it('consumes every stream without a gap over the steps that read it', () => {
  const next: Record<string, number> = { content: 0, style: 0 };
  for (let step = 0; step < 20; step += 1) {
    for (const [domain, { first, count }] of Object.entries(examplesOf(step, definition, config))) {
      expect(first).toBe(next[domain]);
      next[domain] = first + count;
    }
  }
  expect(next).toEqual({ content: 160, style: 80 });
});

it('names each epoch once, several at a step when the batch is larger than the data', () => {
  const ended = Array.from({ length: 20 }, (_, step) =>
    epochsCompletedBy(examplesOf(step, definition, config), definition),
  ).flat();
  const epochsOf = (domain: string) => ended.filter((end) => end.domain === domain).map(({ epoch }) => epoch);
  expect(epochsOf('content')).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(epochsOf('style')).toEqual(Array.from({ length: 26 }, (_, i) => i));
});

import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { createAdam } from './adam.ts';
import type { Optimizer } from './optimizer.ts';

type AdamWConfig = Omit<Extract<OptimizerConfig, { kind: 'adamw' }>, 'kind'>;

/**
 * Adam with decoupled decay: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2,
 * with the decay times the learning rate, as in PyTorch.
 */
export function createAdamW({ weightDecay, ...adam }: AdamWConfig): Optimizer {
  return createAdam(adam, 1 - adam.learningRate * weightDecay);
}

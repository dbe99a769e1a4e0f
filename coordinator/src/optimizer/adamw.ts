import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { createAdam } from './adam.ts';
import type { Optimizer, RateOf } from './optimizer.ts';

type AdamWConfig = Extract<OptimizerConfig, { kind: 'adamw' }>;

/**
 * Adam with decoupled decay: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2,
 * with the decay times the learning rate, as in PyTorch.
 */
export function createAdamW({ weightDecay, ...adam }: AdamWConfig, rateOf: RateOf): Optimizer {
  return createAdam(adam, rateOf, weightDecay);
}

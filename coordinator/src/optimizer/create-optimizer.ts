import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { createAdam } from './adam.ts';
import { createAdamW } from './adamw.ts';
import { createLamb } from './lamb.ts';
import { learningRateAt } from './learning-rate.ts';
import type { Optimizer } from './optimizer.ts';
import { createRmsprop } from './rmsprop.ts';
import { createSgd } from './sgd.ts';

/**
 * The update rule that a config names; PyTorch's semantics where it has the rule.
 * @param updatesPerIteration of the group, by which an update's number tells its iteration and so its learning rate
 */
export function createOptimizer(config: OptimizerConfig, updatesPerIteration: number): Optimizer {
  const rateOf = (update: number): number =>
    learningRateAt(config, Math.floor((update - 1) / updatesPerIteration));
  switch (config.kind) {
    case 'adam':
      return createAdam(config, rateOf);
    case 'adamw':
      return createAdamW(config, rateOf);
    case 'lamb':
      return createLamb(config, rateOf);
    case 'sgd':
      return createSgd(config, rateOf);
    case 'rmsprop':
      return createRmsprop(config, rateOf);
  }
}

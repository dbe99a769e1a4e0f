import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { createAdam } from './adam.ts';
import { createAdamW } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';
import { createRmsprop } from './rmsprop.ts';
import { createSgd } from './sgd.ts';

/** The update rule that a config names; PyTorch's semantics throughout. */
export function createOptimizer(config: OptimizerConfig): Optimizer {
  switch (config.kind) {
    case 'adam':
      return createAdam(config);
    case 'adamw':
      return createAdamW(config);
    case 'sgd':
      return createSgd(config);
    case 'rmsprop':
      return createRmsprop(config);
  }
}

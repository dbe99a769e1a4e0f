import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { type Optimizer, slotOf } from './optimizer.ts';
import { powerOf } from './power.ts';

type AdamConfig = Omit<Extract<OptimizerConfig, { kind: 'adam' }>, 'kind'>;

/**
 * Adam: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
 * @param keep factor on the parameters before the update; AdamW's decay
 */
export function createAdam({ learningRate, beta1, beta2, epsilon }: AdamConfig, keep = 1): Optimizer {
  return {
    slots: ['m', 'v'],
    apply(kernels, update) {
      kernels.adam(update.parameters, update.gradient, slotOf(update, 'm'), slotOf(update, 'v'), {
        fraction1: 1 - beta1,
        beta2,
        fraction2: 1 - beta2,
        stepSize: learningRate / (1 - powerOf(beta1, update.update)),
        rootCorrection2: Math.sqrt(1 - powerOf(beta2, update.update)),
        epsilon,
        keep,
      });
    },
  };
}

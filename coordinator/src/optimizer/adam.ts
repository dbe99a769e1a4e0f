import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { type Optimizer, type RateOf, slotOf } from './optimizer.ts';
import { powerOf } from './power.ts';

type AdamConfig = Pick<Extract<OptimizerConfig, { kind: 'adam' }>, 'beta1' | 'beta2' | 'epsilon'>;

/**
 * Adam: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
 * @param weightDecay share of the parameters that goes before an update, times the learning rate; AdamW's
 */
export function createAdam(
  { beta1, beta2, epsilon }: AdamConfig,
  rateOf: RateOf,
  weightDecay = 0,
): Optimizer {
  return {
    slots: ['m', 'v'],
    apply(kernels, update) {
      const learningRate = rateOf(update.update);
      kernels.adam(update.parameters, update.gradient, slotOf(update, 'm'), slotOf(update, 'v'), {
        fraction1: 1 - beta1,
        beta2,
        fraction2: 1 - beta2,
        stepSize: learningRate / (1 - powerOf(beta1, update.update)),
        rootCorrection2: Math.sqrt(1 - powerOf(beta2, update.update)),
        epsilon,
        keep: 1 - learningRate * weightDecay,
      });
    },
  };
}

import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { type Optimizer, type RateOf, slotOf } from './optimizer.ts';

type RmspropConfig = Extract<OptimizerConfig, { kind: 'rmsprop' }>;

/** RMSProp: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012; momentum as in PyTorch. */
export function createRmsprop({ decay, momentum, epsilon }: RmspropConfig, rateOf: RateOf): Optimizer {
  const coefficientsOf = (update: number) => ({
    learningRate: rateOf(update),
    decay,
    fraction: 1 - decay,
    epsilon,
  });
  if (momentum === 0) {
    return {
      slots: ['squares'],
      apply(kernels, update) {
        kernels.rmsprop(
          update.parameters,
          update.gradient,
          slotOf(update, 'squares'),
          coefficientsOf(update.update),
        );
      },
    };
  }
  return {
    slots: ['squares', 'velocity'],
    apply(kernels, update) {
      kernels.rmspropMomentum(
        update.parameters,
        update.gradient,
        slotOf(update, 'squares'),
        slotOf(update, 'velocity'),
        { ...coefficientsOf(update.update), momentum },
      );
    },
  };
}

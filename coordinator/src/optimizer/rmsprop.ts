import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { type Optimizer, slotOf } from './optimizer.ts';

type RmspropConfig = Omit<Extract<OptimizerConfig, { kind: 'rmsprop' }>, 'kind'>;

/** RMSProp: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012; momentum as in PyTorch. */
export function createRmsprop({ learningRate, decay, momentum, epsilon }: RmspropConfig): Optimizer {
  const coefficients = { learningRate, decay, fraction: 1 - decay, epsilon };
  if (momentum === 0) {
    return {
      slots: ['squares'],
      apply(kernels, update) {
        kernels.rmsprop(update.parameters, update.gradient, slotOf(update, 'squares'), coefficients);
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
        { ...coefficients, momentum },
      );
    },
  };
}

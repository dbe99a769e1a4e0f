import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { type Optimizer, type RateOf, slotOf } from './optimizer.ts';

type SgdConfig = Extract<OptimizerConfig, { kind: 'sgd' }>;

/**
 * Stochastic gradient descent with momentum, also Nesterov's: Sutskever et al., "On the importance of initialization
 * and momentum in deep learning", ICML 2013, in PyTorch's form: the learning rate stays outside the velocity.
 */
export function createSgd({ momentum, nesterov }: SgdConfig, rateOf: RateOf): Optimizer {
  if (momentum === 0) {
    return {
      slots: [],
      apply: (kernels, { update, parameters, gradient }) => kernels.sgd(parameters, gradient, rateOf(update)),
    };
  }
  return {
    slots: ['velocity'],
    apply(kernels, update) {
      kernels.sgdMomentum(update.parameters, update.gradient, slotOf(update, 'velocity'), {
        learningRate: rateOf(update.update),
        momentum,
        nesterov,
      });
    },
  };
}

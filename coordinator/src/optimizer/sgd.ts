import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import { type Optimizer, slotOf } from './optimizer.ts';

type SgdConfig = Omit<Extract<OptimizerConfig, { kind: 'sgd' }>, 'kind'>;

/**
 * Stochastic gradient descent with momentum, also Nesterov's: Sutskever et al., "On the importance of initialization
 * and momentum in deep learning", ICML 2013, in PyTorch's form: the learning rate stays outside the velocity.
 */
export function createSgd({ learningRate, momentum, nesterov }: SgdConfig): Optimizer {
  if (momentum === 0) {
    return {
      slots: [],
      apply: (kernels, { parameters, gradient }) => kernels.sgd(parameters, gradient, learningRate),
    };
  }
  return {
    slots: ['velocity'],
    apply(kernels, update) {
      kernels.sgdMomentum(update.parameters, update.gradient, slotOf(update, 'velocity'), {
        learningRate,
        momentum,
        nesterov,
      });
    },
  };
}

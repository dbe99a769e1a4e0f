import type { OptimizerConfig } from '@atelier/shared/config/run-config';
import type { LambCoefficients } from '@atelier/shared/kernels/kernel-exports';
import { type Optimizer, type RateOf, slotOf } from './optimizer.ts';
import { powerOf } from './power.ts';

type LambConfig = Extract<OptimizerConfig, { kind: 'lamb' }>;

/**
 * LAMB: You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020, algorithm 2:
 *   x = x - learningRate * phi(|x|) / |r + weightDecay * x| * (r + weightDecay * x)
 * for each tensor x, where r is Adam's update with both means corrected for their bias, and phi(z) = z.
 */
export function createLamb({ beta1, beta2, epsilon, weightDecay }: LambConfig, rateOf: RateOf): Optimizer {
  const coefficientsOf = (update: number): LambCoefficients => ({
    fraction1: 1 - beta1,
    beta2,
    fraction2: 1 - beta2,
    unbias1: 1 / (1 - powerOf(beta1, update)),
    rootCorrection2: Math.sqrt(1 - powerOf(beta2, update)),
    epsilon,
    weightDecay,
  });
  return {
    slots: ['m', 'v'],
    tensorSums: {
      names: ['squared parameters', 'squared update'],
      measure(kernels, update) {
        const { parameters, gradient } = update;
        const [m, v] = [slotOf(update, 'm'), slotOf(update, 'v')];
        return [
          kernels.squares(parameters),
          kernels.lambSquares(parameters, gradient, m, v, coefficientsOf(update.update)),
        ];
      },
    },
    apply(kernels, update, [parameterSquares = Number.NaN, updateSquares = Number.NaN]) {
      const rate = rateOf(update.update) * trustRatioOf(parameterSquares, updateSquares);
      kernels.lamb(update.parameters, update.gradient, slotOf(update, 'm'), slotOf(update, 'v'), {
        ...coefficientsOf(update.update),
        rate,
      });
    },
  };
}

/** 1 where one of the norms is 0, as in the authors' program: a tensor of zeros would stay zero for ever otherwise. */
function trustRatioOf(parameterSquares: number, updateSquares: number): number {
  if (parameterSquares === 0 || updateSquares === 0) return 1;
  return Math.sqrt(parameterSquares) / Math.sqrt(updateSquares);
}

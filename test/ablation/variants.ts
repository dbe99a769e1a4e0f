import type { RunConfigInput } from '@atelier/shared/config/run-config';

/** One lever moved, all else as in the base. */
export interface Variant {
  /** Also the name of its folder. */
  readonly name: string;
  /** Of the model. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Of both optimizers. */
  readonly schedule?: (iterations: number) => RunConfigInput['optimizers'][string]['schedule'];
  /** Learning rate of the discriminator beside the generator's; default 2. */
  readonly ttur?: number;
  readonly emaDecay?: number;
}

export const VARIANTS: readonly Variant[] = [
  { name: 'base' },
  { name: 'cosine-decay', schedule: (iterations) => ({ kind: 'cosine', warmUp: 50, until: iterations }) },
  { name: 'one-rate', ttur: 1 },
  { name: 'no-average', emaDecay: 0 },
  { name: 'no-r1', options: { r1Gamma: 0 } },
  { name: 'augment', options: { augment: ['colour', 'translation', 'cutout'] } },
  { name: 'spectral-norm', options: { spectralNorm: true } },
  { name: 'texture-scales-2', options: { textureScales: 2 } },
  { name: 'texture-features', options: { textureFeaturesWeight: 4 } },
  { name: 'both-textures', options: { textureScales: 2, textureFeaturesWeight: 4 } },
  {
    name: 'random-canvas',
    options: { textureScales: 2, textureFeaturesWeight: 4, randomCanvas: 3 },
  },
  { name: 'legibility-reach', options: { legibilityReach: 3 } },
  { name: 'layout', options: { layoutWeight: 2 } },
  { name: 'skip-at-half', options: { contentSkip: ['half'] } },
  { name: 'patch-nce-instead', options: { patchNceWeight: 1, legibilityWeight: 0 } },
  { name: 'recovery-instead', options: { recoveryWeight: 15, legibilityWeight: 0 } },
  { name: 'style-code-identity', options: { styleCodeWeight: 1, identityWeight: 2 } },
];

/** MNIST digits in the style of CIFAR-10 pictures, as examples/mnist-cifar10.yaml. */
export function configOf(variant: Variant, iterations: number, pictures: string): RunConfigInput {
  const { ttur = 2, emaDecay = 0.98, options = {}, schedule } = variant;
  const adamOf = (learningRate: number) => ({
    ...({ kind: 'adam', learningRate, beta1: 0, beta2: 0.99 } as const),
    ...(schedule ? { schedule: schedule(iterations) } : {}),
  });
  return {
    name: variant.name,
    iterations,
    model: { preset: 'adain-32', options: { ...options } },
    data: { content: { kind: 'mnist' }, style: { kind: 'cifar10', path: pictures } },
    optimizers: { generator: adamOf(1e-3), discriminator: adamOf(1e-3 * ttur) },
    ema: { generator: emaDecay },
    samples: { everyIterations: 0 },
  };
}

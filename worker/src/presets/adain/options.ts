import { z } from 'zod';
import { discriminatorLeversShape } from '../../objectives/discriminator-levers.ts';
import { objectiveNames } from '../../objectives/objective.ts';
import { contentSkips } from './generator.ts';

/** Options of `adain-32` and `adain-64`; the defaults are the demo's. */
export const adainOptionsSchema = z.strictObject({
  channels: z
    .number()
    .int()
    .positive()
    .multipleOf(4)
    .default(32)
    .describe('Of the generator at half the image size.'),
  codeSize: z.number().int().positive().default(64).describe('Length of the style code.'),
  residualBlocks: z.number().int().nonnegative().default(2),
  discriminatorChannels: z.number().int().positive().default(32).describe('Of its first layer.'),
  crops: z.number().int().positive().default(2).describe('Patches judged of each image, half its size each.'),
  references: z.number().int().positive().default(2).describe('Patches of the style image to judge against.'),
  objective: z.enum(objectiveNames).exclude(['wgan-gp']).default('non-saturating'),
  r1Gamma: z.number().nonnegative().default(1),
  r1Interval: z
    .number()
    .int()
    .positive()
    .default(8)
    .describe('R1 on every k-th iteration, k times as strong.'),
  ...discriminatorLeversShape,
  adversarialWeight: z.number().nonnegative().default(1),
  legibilityWeight: z.number().nonnegative().default(6),
  legibilityTarget: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('Of the variance of colours, the share that content must explain; more is not asked for.'),
  legibilityReach: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('Pixels from ink within which paper must be unlike it; 0: all of the paper.'),
  textureWeight: z.number().nonnegative().default(4).describe('Of the sliced distance to the style image.'),
  textureProjections: z.number().int().positive().default(16),
  textureScales: z
    .number()
    .int()
    .min(1)
    .max(3)
    .default(1)
    .describe('Sizes at which the sliced distance is taken: full, half, quarter.'),
  textureFeaturesWeight: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Of the Gram distance to the style image in random features; 0: not computed.'),
  contentSkip: z
    .array(z.enum(contentSkips))
    .default([...contentSkips])
    .describe('Stages after the bottleneck that see the grey content: at half the size, at full size.'),
  recoveryWeight: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Of the L1 distance at which a small network finds the grey content in what was painted.'),
  recoveryNoise: z
    .number()
    .nonnegative()
    .default(0.1)
    .describe('Deviation of the noise that it has to find it through.'),
  patchNceWeight: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Of telling which place of the content a painted place is.'),
  styleCodeWeight: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Of the L1 distance between the codes of style and painting.'),
  identityWeight: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Of the L1 distance to a style image that is painted in its own style.'),
  layoutWeight: z
    .number()
    .nonnegative()
    .default(0)
    .describe("Of the squared correlation between the painting's luma and its style's, place by place."),
  randomCanvas: z
    .number()
    .nonnegative()
    .default(0)
    .describe(
      "Waves of a style's canvas with at most so many cycles across it are moved anew in every phase, so that they cannot be moved back.",
    ),
  randomPolarity: z.boolean().default(false).describe('Show each content inverted half of the time.'),
});

export type AdainOptions = z.output<typeof adainOptionsSchema>;

import type { NodeLayout } from '@atelier/shared/layout/flat-layout';
import { tensorSumsOf } from './tensor-sums.ts';

/** A gradient whose squared norm does not fit in float32 would overflow the optimizers' second moments. */
const MAX_SQUARED_NORM = 3.4e38;

/** What is to be known of a step's means. */
export interface MeanStep {
  /** Of the mean gradient: each chunk's sum of squares, in the order of the chunks. */
  readonly squares: Float64Array;
  /** The first element of the gradient that is an infinity or a NaN. */
  readonly nonFinite: number | undefined;
  /** Means of the statistics, then of the losses. */
  readonly others: Float32Array;
}

/** What is to be known of a step before anything of it is applied. */
export interface PreparedStep extends MeanStep {
  /** What the optimizer wants to know of the tensors, for each fragment of these: see tensor-sums.ts. */
  readonly fragmentSums: Float64Array;
}

export interface StepVerdict {
  readonly losses: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  /** Tensor after tensor. */
  readonly tensorSums: Float64Array;
  /** The first part that holds an infinity or a NaN, in words: the step must not be committed. */
  readonly nonFinitePart: string | undefined;
}

/**
 * The norm is the root of the chunks' sums, added one after another in float64: the same wherever a gradient is cut.
 * @param sumNames what the optimizer wants to know of the tensors
 * @throws ReductionError 'incomplete' for sums of fragments that the group does not have
 */
export function judgeStep(
  layout: NodeLayout,
  { squares, nonFinite, others, fragmentSums }: PreparedStep,
  sumNames: readonly string[],
): StepVerdict {
  const losses = others.subarray(layout.statistics.size);
  const tensorSums = tensorSumsOf(layout.gradient, sumNames.length, fragmentSums);
  const squaredNorm = squares.reduce((sum, square) => sum + square, 0);

  const findNonFinite = (): string | undefined => {
    const loss = layout.losses.find((_, i) => !Number.isFinite(losses[i]));
    if (loss !== undefined) return `loss '${loss}'`;
    const tensor = nonFinite === undefined ? undefined : tensorAt(layout.gradient, nonFinite);
    if (tensor !== undefined) return `gradient of '${tensor}'`;
    const at = others.findIndex((value) => !Number.isFinite(value));
    const statistic = at === -1 ? undefined : tensorAt(layout.statistics, at);
    if (statistic !== undefined) return `statistic '${statistic}'`;
    if (!(squaredNorm < MAX_SQUARED_NORM)) return 'gradient norm (it overflows float32)';
    const sum = tensorSums.findIndex((value) => !Number.isFinite(value));
    if (sum === -1) return undefined;
    const { name } = layout.gradient.tensors[Math.floor(sum / sumNames.length)] ?? {};
    return `${sumNames[sum % sumNames.length]} of '${name}'`;
  };
  return {
    losses: Object.fromEntries(layout.losses.map((name, i) => [name, losses[i] ?? Number.NaN])),
    gradientNorm: Math.sqrt(squaredNorm),
    tensorSums,
    nonFinitePart: findNonFinite(),
  };
}

function tensorAt({ tensors }: NodeLayout['gradient'], element: number): string | undefined {
  return tensors.find(({ offset, size }) => element >= offset && element < offset + size)?.name;
}

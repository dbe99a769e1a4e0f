import type { NodeLayout } from '@atelier/shared/layout/flat-layout';

/** A gradient whose squared norm does not fit in float32 would overflow the optimizers' second moments. */
const MAX_SQUARED_NORM = 3.4e38;

/** What is to be known of a step before anything of it is applied. */
export interface PreparedStep {
  /** Of the mean gradient: each chunk's sum of squares, in the order of the chunks. */
  readonly squares: Float64Array;
  /** The first element of the gradient that is an infinity or a NaN. */
  readonly nonFinite: number | undefined;
  /** Means of the statistics, then of the losses. */
  readonly others: Float32Array;
}

export interface StepVerdict {
  readonly losses: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  /** The first part that holds an infinity or a NaN, in words: the step must not be committed. */
  readonly nonFinitePart: string | undefined;
}

/** The norm is the root of the chunks' sums, added one after another in float64: the same wherever a gradient is cut. */
export function judgeStep(layout: NodeLayout, { squares, nonFinite, others }: PreparedStep): StepVerdict {
  const losses = others.subarray(layout.statistics.size);
  const squaredNorm = squares.reduce((sum, square) => sum + square, 0);

  const findNonFinite = (): string | undefined => {
    const loss = layout.losses.find((_, i) => !Number.isFinite(losses[i]));
    if (loss !== undefined) return `loss '${loss}'`;
    const tensor = nonFinite === undefined ? undefined : tensorAt(layout.gradient, nonFinite);
    if (tensor !== undefined) return `gradient of '${tensor}'`;
    const at = others.findIndex((value) => !Number.isFinite(value));
    const statistic = at === -1 ? undefined : tensorAt(layout.statistics, at);
    if (statistic !== undefined) return `statistic '${statistic}'`;
    return squaredNorm < MAX_SQUARED_NORM ? undefined : 'gradient norm (it overflows float32)';
  };
  return {
    losses: Object.fromEntries(layout.losses.map((name, i) => [name, losses[i] ?? Number.NaN])),
    gradientNorm: Math.sqrt(squaredNorm),
    nonFinitePart: findNonFinite(),
  };
}

function tensorAt({ tensors }: NodeLayout['gradient'], element: number): string | undefined {
  return tensors.find(({ offset, size }) => element >= offset && element < offset + size)?.name;
}

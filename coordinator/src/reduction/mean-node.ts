import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import type { NodeLayout } from '@atelier/shared/layout/flat-layout';

/** A gradient whose squared norm does not fit in float32 would overflow the optimizers' second moments. */
const MAX_SQUARED_NORM = 3.4e38;

/** The root of a step's tree as means over the virtual workers, in the buffer of the sums. */
export interface MeanNode {
  readonly gradient: KernelSpan;
  readonly statistics: KernelSpan;
  readonly losses: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  /** The first part that holds an infinity or a NaN, in words. */
  readonly nonFinitePart: string | undefined;
}

/** Divides the sums at the root in place; by a power of two, so exactly. */
export function meanNodeOf(
  kernels: Kernels,
  root: KernelSpan,
  layout: NodeLayout,
  numVirtualWorkers: number,
): MeanNode {
  kernels.scale(root, 1 / numVirtualWorkers);
  const gradient = root.slice(0, layout.gradient.size);
  const statistics = root.slice(layout.statisticsOffset, layout.statistics.size);
  const losses = root.slice(layout.lossesOffset, layout.losses.length).floats;
  const squaredNorm = kernels.sumOfSquares(gradient);

  const findNonFinite = (): string | undefined => {
    const loss = layout.losses.find((_, i) => !Number.isFinite(losses[i]));
    if (loss !== undefined) return `loss '${loss}'`;
    const tensor = layout.gradient.tensors.find(
      ({ offset, size }) => !kernels.allFinite(gradient.slice(offset, size)),
    );
    if (tensor !== undefined) return `gradient of '${tensor.name}'`;
    const statistic = layout.statistics.tensors.find(
      ({ offset, size }) => !kernels.allFinite(statistics.slice(offset, size)),
    );
    if (statistic !== undefined) return `statistic '${statistic.name}'`;
    return squaredNorm < MAX_SQUARED_NORM ? undefined : 'gradient norm (it overflows float32)';
  };
  return {
    gradient,
    statistics,
    losses: Object.fromEntries(layout.losses.map((name, i) => [name, losses[i] ?? Number.NaN])),
    gradientNorm: Math.sqrt(squaredNorm),
    nonFinitePart: findNonFinite(),
  };
}

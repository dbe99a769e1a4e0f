import type { KernelBuffer } from '@atelier/shared/kernels/kernel-memory';
import type { Kernels } from '@atelier/shared/kernels/kernels';
import type { ReductionArithmetic } from '@atelier/shared/tree/reduction-tree';

/** Adds nodes with SIMD where they lie, and gives the right one's buffer back to the memory. */
export function kernelArithmeticOf(kernels: Kernels): ReductionArithmetic<KernelBuffer> {
  return {
    add: (left, right) => kernels.add(left, right),
    release: (buffer) => buffer.release(),
  };
}

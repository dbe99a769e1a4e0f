import type { FlatLayout } from '@atelier/shared/layout/flat-layout';
import { CHUNK_ELEMENTS, type Slice } from '@atelier/shared/layout/slices';
import { ReductionError } from '@atelier/shared/tree/reduction-tree';

/** The elements of one tensor that lie in one chunk of its group. */
export interface Fragment extends Slice {
  /** Its place in the layout. */
  readonly tensor: number;
}

/**
 * A group's fragments in the order of their offsets. Groups are cut between chunks, so no cut divides a fragment: sums over
 * fragments, added one after another, are the same bits however the group is cut.
 */
export function fragmentsOf({ tensors }: Pick<FlatLayout, 'tensors'>): Fragment[] {
  return tensors.flatMap(({ offset, size }, tensor) => {
    const end = offset + size;
    const first = Math.floor(offset / CHUNK_ELEMENTS);
    return Array.from({ length: Math.ceil(end / CHUNK_ELEMENTS) - first }, (_, i) => {
      const start = Math.max(offset, (first + i) * CHUNK_ELEMENTS);
      return { tensor, offset: start, size: Math.min(end, (first + i + 1) * CHUNK_ELEMENTS) - start };
    });
  });
}

/**
 * The tensors' sums from the fragments', in float64 and in the order of the fragments.
 * @param numSums of each fragment, and then of each tensor
 * @throws ReductionError 'incomplete' for sums of another number of fragments
 */
export function tensorSumsOf(layout: FlatLayout, numSums: number, fragmentSums: Float64Array): Float64Array {
  const totals = new Float64Array(layout.tensors.length * numSums);
  if (numSums === 0 && fragmentSums.length === 0) return totals;
  const fragments = fragmentsOf(layout);
  if (fragmentSums.length !== fragments.length * numSums) {
    const wanted = `${fragments.length} fragments have ${fragments.length * numSums}`;
    throw new ReductionError('incomplete', `${fragmentSums.length} sums of fragments, but ${wanted}`);
  }
  for (const [i, { tensor }] of fragments.entries()) {
    for (let sum = 0; sum < numSums; sum += 1) {
      const at = tensor * numSums + sum;
      totals[at] = (totals[at] ?? 0) + (fragmentSums[i * numSums + sum] ?? Number.NaN);
    }
  }
  return totals;
}

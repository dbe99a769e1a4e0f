import type { KernelSpan } from '@atelier/shared/kernels/kernel-memory';
import type { FlatLayout } from '@atelier/shared/layout/flat-layout';
import type { Slice } from '@atelier/shared/layout/slices';
import { blocksOf } from '../reduction/root-sum.ts';
import { fragmentsOf } from '../reduction/tensor-sums.ts';

/** What an update changes, in kernel memory; all of equal length. */
export interface UpdatedSpans {
  readonly parameters: KernelSpan;
  readonly slots: Readonly<Record<string, KernelSpan>>;
}

/** What the optimizer is applied to at once: elements of a block. */
export interface UpdatedPart extends Slice, UpdatedSpans {
  /** Its place in the layout, for a rule that goes by tensors; the part is then a fragment of it. */
  readonly tensor: number | undefined;
}

/** What is worked through while it is in the processor's cache: elements of a slice. */
export interface UpdatedBlock extends Slice {
  readonly parameters: KernelSpan;
  readonly ema: KernelSpan | undefined;
  readonly parts: readonly UpdatedPart[];
}

/**
 * A group's slice in blocks, and these in fragments of tensors or, for a rule that goes by elements, in one part.
 * @param slice of whole chunks, as all slices are
 */
export function updatedBlocksOf(
  { layout, slice, byTensors }: { layout: FlatLayout; slice: Slice; byTensors: boolean },
  { parameters, slots, ema }: UpdatedSpans & { readonly ema: KernelSpan | undefined },
): UpdatedBlock[] {
  const fragments = byTensors ? fragmentsOf(layout) : [];
  return blocksOf(slice.size).map(({ offset, size }) => {
    const partOf = (tensor: number | undefined, at: number, length: number): UpdatedPart => ({
      tensor,
      offset: at,
      size: length,
      parameters: parameters.slice(offset + at, length),
      slots: Object.fromEntries(
        Object.entries(slots).map(([slot, span]) => [slot, span.slice(offset + at, length)]),
      ),
    });
    const first = slice.offset + offset;
    const own = fragments.filter((fragment) => fragment.offset >= first && fragment.offset < first + size);
    return {
      offset,
      size,
      parameters: parameters.slice(offset, size),
      ema: ema?.slice(offset, size),
      parts: byTensors
        ? own.map((fragment) => partOf(fragment.tensor, fragment.offset - first, fragment.size))
        : [partOf(undefined, 0, size)],
    };
  });
}

import { flatLayoutOf } from './flat-layout.ts';
import type { RunDefinition } from './run-definition.ts';

/** A stretch of the initial values. Offset and size in float32 elements. */
export interface InitialPart {
  readonly group: string;
  readonly kind: 'parameters' | 'statistics';
  readonly offset: number;
  readonly size: number;
}

/**
 * What the first worker pushes to start a run, float32 little-endian: for each group in the definition's order its
 * parameters, then its statistics. What a running statistic starts from is the model's business.
 */
export interface InitialLayout {
  readonly parts: readonly InitialPart[];
  /** Total number of float32 elements. */
  readonly size: number;
}

export function initialLayoutOf(definition: RunDefinition): InitialLayout {
  const parts: InitialPart[] = [];
  let offset = 0;
  for (const group of definition.groups) {
    for (const [kind, tensors] of [
      ['parameters', group.tensors],
      ['statistics', group.statistics],
    ] as const) {
      const { size } = flatLayoutOf(tensors);
      parts.push({ group: group.name, kind, offset, size });
      offset += size;
    }
  }
  return { parts, size: offset };
}

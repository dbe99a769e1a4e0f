import { initialLayoutOf } from '@atelier/shared/layout/initial-layout';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { TrainingStateError } from './training-state-error.ts';

export interface GroupValues {
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
}

/**
 * The groups' values before step 0, from little-endian float32 in the order of `initialLayoutOf`.
 * @throws TrainingStateError 'wrong-length' | 'non-finite'
 */
export function parseInitialValues(
  definition: RunDefinition,
  bytes: Uint8Array,
): ReadonlyMap<string, GroupValues> {
  const { parts, size } = initialLayoutOf(definition);
  if (bytes.byteLength !== size * 4) {
    const reason = `${bytes.byteLength} bytes of initial values, the model has ${size * 4}`;
    throw new TrainingStateError('wrong-length', reason);
  }
  // A copy, because received bytes seldom lie at a float's boundary.
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  const byGroup = new Map<string, GroupValues>();
  for (const { group, kind, offset, size: length } of parts) {
    const part = values.subarray(offset, offset + length);
    const at = part.findIndex((value) => !Number.isFinite(value));
    if (at !== -1) {
      throw new TrainingStateError(
        'non-finite',
        `initial ${kind} of '${group}': ${part[at]} at element ${at}`,
      );
    }
    const empty = { parameters: new Float32Array(), statistics: new Float32Array() };
    byGroup.set(group, { ...(byGroup.get(group) ?? empty), [kind]: part });
  }
  return byGroup;
}

import { createHash } from 'node:crypto';
import type { RunSnapshot } from '../layout/group-state.ts';
import type { RunDefinition } from '../layout/run-definition.ts';

/**
 * What two runs are compared by: SHA-256 (hex) over each group's name, a zero byte and its parameters (float32
 * little-endian, in layout order), the groups in the definition's order.
 */
export function parametersDigestOf(definition: Pick<RunDefinition, 'groups'>, snapshot: RunSnapshot): string {
  const hash = createHash('sha256');
  for (const { name } of definition.groups) {
    const parameters = snapshot.groups[name]?.parameters ?? new Float32Array();
    hash.update(`${name}\0`);
    hash.update(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength));
  }
  return hash.digest('hex');
}

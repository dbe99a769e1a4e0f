import { bytesOfFloats } from '@atelier/proto/frames';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import { sha256Of } from '@atelier/shared/sha256';

/** Of all that training changes: parameters, optimizer slots, moving averages, statistics and versions. */
export function snapshotDigestOf({ step, groups }: RunSnapshot): string {
  const arrays = Object.entries(groups).map(([name, { version, parameters, slots, ema, statistics }]) => [
    name,
    version,
    ...[parameters, ...Object.values(slots), ema, statistics].map(
      (values) => values && sha256Of(bytesOfFloats(values)),
    ),
  ]);
  return sha256Of(Buffer.from(JSON.stringify([step, arrays])));
}

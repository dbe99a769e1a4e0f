import type { RunConfigInput } from '@atelier/shared/config/run-config';
import { memoryId } from '@atelier/shared/memory/memory-id';

export type TransportSetting = NonNullable<RunConfigInput['transport']>;

/** How tensors go between processes of this machine. */
export function transportWords(transport: TransportSetting): string {
  return transport === 'auto' && memoryId() !== '' ? 'shared memory' : 'gRPC';
}

/** For under a table. */
export function transportText(): string {
  return `Tensors go through ${transportWords('auto')} (\`transport: auto\`).`;
}

import type { GroupVersionInput } from '@atelier/proto/generated/atelier/v1/GroupVersion';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { RunMeter } from '../meter/run-meter.ts';
import type { Session } from '../sessions/session.ts';
import type { Training } from '../training/training.ts';
import { type PublishedParameters, publish } from './published-parameters.ts';

export interface OfferModules {
  readonly published: PublishedParameters;
  readonly memory: SharedMemory;
  readonly meter: RunMeter;
}

export interface OfferedState {
  readonly definition: Pick<RunDefinition, 'groups'>;
  readonly training: Pick<Training, 'reducers' | 'versionOf' | 'publishedOf'>;
}

/**
 * What an assignment says of the parameters that its step is computed with. A worker that shares the coordinator's memory is
 * also told where they lie, once for each version: it need not ask.
 */
export function offersTo(
  session: Session,
  { definition, training }: OfferedState,
  { published, memory, meter }: OfferModules,
): GroupVersionInput[] {
  const isShared = training.reducers === undefined && memory.isSharedWith(session.hello.memoryId);
  return definition.groups.map(({ name: group }) => {
    const version = training.versionOf(group);
    const known = session.offered.get(group);
    if (!isShared || known === version) return { group, version };
    const hasPrevious = known === version - 1;
    const { kind, bytes } = publish(published, training, { group, hasPrevious, byMemory: true });
    if (bytes.segment === null) return { group, version };
    session.offered.set(group, version);
    meter.sent(kind, bytes.numBytes, 'memory');
    return { group, version, segment: bytes.segment, isDifference: kind === 'difference' };
  });
}

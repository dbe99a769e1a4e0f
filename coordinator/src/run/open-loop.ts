import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { RunIdentity } from '../identity/run-identity.ts';
import type { RunReducers } from '../reducers/run-reducers.ts';
import { SlicedTraining } from '../reducers/sliced-training.ts';
import { RunJournal } from '../storage/run-journal.ts';
import { TrainingState } from '../training/training-state.ts';
import type { RunModules } from './run-modules.ts';
import { TrainingLoop, type TrainingLoopModules } from './training-loop.ts';

/** What a training loop gets of its run. */
export interface LoopedRun extends Omit<TrainingLoopModules, 'journal' | 'life'> {
  readonly config: RunConfig;
  readonly identity: RunIdentity;
  readonly reducers: RunReducers | undefined;
}

/**
 * A loop over a state of training that stands here, or at reducers, and at the snapshot, if there is one.
 * @throws TrainingStateError 'bad-config' | 'bad-snapshot', KernelError, RunFolderError 'other-config', JournalError
 */
export function openLoop(
  run: LoopedRun,
  {
    definition,
    snapshot,
  }: { readonly definition: RunDefinition; readonly snapshot: RunSnapshot | undefined },
  modules: Pick<RunModules, 'journal' | 'clock'> & Pick<TrainingLoopModules, 'life'>,
): TrainingLoop {
  const { config, identity, clock, events, sessions, rendering, meter, memory, published, reducers } = run;
  const options = { definition, config, snapshot };
  const training =
    reducers === undefined
      ? TrainingState.create(options)
      : new SlicedTraining(options, { reducers: reducers.set });
  const journal = new RunJournal(
    { config, definition, identity },
    { writer: modules.journal, clock: modules.clock },
  );
  const { life } = modules;
  return new TrainingLoop(
    { config, definition, training },
    { clock, events, journal, sessions, rendering, meter, memory, published, life },
  );
}

import type { LifeOptions } from './life-types.ts';

export interface DueWork {
  /** Why a checkpoint is due; undefined when none is. */
  readonly checkpoint: string | undefined;
  readonly samples: string | undefined;
}

/** What the config asks for after an iteration. An evaluation needs a checkpoint of its own. */
export function dueAfter(iteration: number, every: LifeOptions['every']): DueWork {
  const isDue = (often: number) => often > 0 && iteration % often === 0;
  const after = `after iteration ${iteration}`;
  const isSaved = isDue(every.checkpoint);
  const checkpoint = isSaved ? after : isDue(every.evaluation) ? `${after}, to be evaluated` : undefined;
  return { checkpoint, samples: isDue(every.samples) ? after : undefined };
}

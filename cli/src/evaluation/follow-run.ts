import { keepBest } from '@atelier/shared/checkpoint/best-checkpoint';
import type { LoadedCheckpoint } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { Evaluation, JudgedEvaluation } from '@atelier/shared/evaluation/evaluation';
import { EvaluationHistory } from '@atelier/shared/evaluation/evaluation-history';
import type { ObjectStore } from '@atelier/shared/store/object-store';
import { appendToCurve, readCurve } from './curve-file.ts';
import { NewCheckpoints, type NewCheckpointsOptions } from './new-checkpoints.ts';

export interface FollowOptions extends NewCheckpointsOptions {
  /** Of the file that a line is appended to for each measured checkpoint. */
  readonly curvePath: string;
}

export interface FollowModules {
  /** Where the run saves its checkpoints. */
  readonly store: ObjectStore;
  measure(checkpoint: LoadedCheckpoint): Promise<Pick<Evaluation, 'values' | 'bars'>>;
  /** Told of each measured one. */
  onMeasured(evaluation: JudgedEvaluation): void;
  /** Nothing is new: returns when it is time to look again. */
  wait(): Promise<void>;
  /** Whom the run's coordinator hears it from. */
  readonly reporter?: EvaluationReporter | undefined;
}

/** Whom it is told to besides. None of these throws because nobody is there. */
export interface EvaluationReporter {
  /** Evaluations that are known there, the best and the newest at least. */
  known(): Promise<readonly Evaluation[]>;
  /** Tells what is not known there yet; what is not taken now is told the next time. */
  deliver(all: readonly Evaluation[]): Promise<void>;
  /** ...and tries for a while: there is no next time. */
  deliverLast(all: readonly Evaluation[]): Promise<void>;
}

/**
 * Measures a run's checkpoints as they appear, and keeps the best one, until the run's last iteration has been measured. One
 * that falls behind measures the newest and leaves out those before. It reads checkpoints and nothing else of the
 * run, so the run is the same to the bit with and without it; ended and started again, it goes on where it was.
 * @throws what `measure` throws, ObjectStoreError, CommandError
 */
export async function followRun(options: FollowOptions, modules: FollowModules): Promise<void> {
  const { curvePath, numIterations } = options;
  const { store, reporter } = modules;
  const checkpoints = new NewCheckpoints(options, { store });
  const history = new EvaluationHistory();
  const before = [...(await readCurve(curvePath)), ...((await reporter?.known()) ?? [])];
  for (const evaluation of before.sort((a, b) => a.step - b.step)) history.add(evaluation);
  while ((history.newest?.iteration ?? -1) < numIterations) {
    await reporter?.deliver(history.all);
    const checkpoint = await checkpoints.newestAfter(history.newest?.step ?? -1);
    if (checkpoint === undefined) {
      await modules.wait();
      continue;
    }
    const { step, iteration, parametersDigest: digest } = checkpoint.manifest;
    const evaluation = { step, iteration, digest, ...(await modules.measure(checkpoint)) };
    const judged = history.judge(evaluation);
    // Nothing names it the best before it is kept.
    if (judged.isBest) await keepBest(checkpoint, store);
    await appendToCurve(curvePath, judged);
    history.add(evaluation);
    modules.onMeasured(judged);
  }
  await reporter?.deliverLast(history.all);
}

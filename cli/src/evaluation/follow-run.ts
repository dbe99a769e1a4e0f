import { keepBest } from '@atelier/shared/checkpoint/best-checkpoint';
import { CheckpointError } from '@atelier/shared/checkpoint/checkpoint-error';
import {
  type LoadedCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import type { ObjectStore } from '@atelier/shared/checkpoint/object-store';
import type { Bar, MetricName } from '@atelier/worker/evaluate/report';
import { appendToCurve, type CurveEntry, readCurve } from './curve-file.ts';

/** What a checkpoint was measured to be. */
export interface Measured {
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  readonly bars: readonly Bar[];
}

export interface FollowOptions {
  /** Where the run saves its checkpoints. */
  readonly store: ObjectStore;
  /** Of the file that a line is appended to for each measured checkpoint. */
  readonly curvePath: string;
}

export interface FollowModules {
  measure(checkpoint: LoadedCheckpoint): Promise<Measured>;
  /** Told of each measured one. */
  onMeasured(entry: CurveEntry): void;
  /** Nothing is new: returns when it is time to look again. */
  wait(): Promise<void>;
}

/**
 * Measures a run's checkpoints as they appear, and keeps the best one, until the run's last iteration has been measured. One
 * that falls behind measures the newest and leaves out those before. It reads checkpoints and nothing else of the
 * run, so the run is the same to the bit with and without it; ended and started again, it goes on where it was.
 *
 * The best is the one with the smallest shortfall (see shortfallOf); of equal ones, the one that came first.
 * @throws what `measure` throws, ObjectStoreError
 */
export async function followRun({ store, curvePath }: FollowOptions, modules: FollowModules): Promise<void> {
  const before = await readCurve(curvePath);
  let lastStep = Math.max(-1, ...before.map(({ step }) => step));
  let best = Math.min(Number.POSITIVE_INFINITY, ...before.map(({ shortfall }) => shortfall));
  let isOver = false;
  while (!isOver) {
    const checkpoint = await newestAfter(store, lastStep);
    if (checkpoint === undefined) {
      await modules.wait();
      continue;
    }
    const { step, iteration, config, parametersDigest: digest } = checkpoint.manifest;
    const { values, bars } = await modules.measure(checkpoint);
    const shortfall = shortfallOf(bars);
    const isBest = shortfall < best;
    if (isBest) await keepBest(checkpoint, store);
    best = Math.min(best, shortfall);
    lastStep = step;
    const barsMet = bars.filter(({ isMet }) => isMet).length;
    const entry = { step, iteration, digest, values, barsMet, shortfall, isBest };
    await appendToCurve(curvePath, entry);
    modules.onMeasured(entry);
    isOver = iteration >= config.iterations;
  }
}

/** How far values are from their bars, each in proportion to its bar, all together. */
export function shortfallOf(bars: readonly Bar[]): number {
  return bars
    .filter(({ isMet }) => !isMet)
    .reduce((sum, { limit, value }) => sum + Math.abs(value - limit) / Math.abs(limit), 0);
}

/** Undefined also for one that was deleted, or is still being written, while it was looked at: another comes. */
async function newestAfter(store: ObjectStore, step: number): Promise<LoadedCheckpoint | undefined> {
  const [newest] = (await listCheckpoints(store)).filter(({ hasManifest }) => hasManifest);
  if (newest === undefined || newest.step <= step) return undefined;
  try {
    return await readCheckpoint(store, newest.step);
  } catch (error) {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  }
}

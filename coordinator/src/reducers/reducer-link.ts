import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { PreparedStep } from '../reduction/judge-step.ts';
import type { SlicePart } from '../training/slice-parts.ts';

/** What a reducer is given to hold. */
export interface SliceLoad {
  readonly runId: string;
  readonly formation: string;
  readonly step: number;
  readonly index: number;
  readonly numReducers: number;
  readonly config: RunConfig;
  readonly definition: RunDefinition;
  readonly parts: readonly SlicePart[];
}

/** A step, in a formation that it must be of. */
export interface SliceStep {
  readonly formation: string;
  readonly step: number;
}

export interface SliceCommit extends SliceStep {
  /** Of the whole group, tensor after tensor: see reduction/tensor-sums.ts. */
  readonly tensorSums: Float64Array;
}

export interface WantedParts extends SliceStep {
  /** 'ema': the parameters where a group has none. */
  readonly kind: 'all' | 'parameters' | 'ema';
  /** Default: all. */
  readonly group?: string;
}

/** A snapshot that has been taken and is still to be read. */
export interface TakenParts {
  readonly parts: Promise<readonly SlicePart[]>;
}

/** The way to one reducer. Whatever is rejected with means that it cannot be relied on any more. */
export interface ReducerLink {
  readonly id: string;
  readonly name: string;
  /** host:port, for workers, too. */
  readonly address: string;
  /** '' where bytes shall not go through its memory. */
  readonly memoryId: string;
  load(slice: SliceLoad): Promise<void>;
  prepare(step: SliceStep): Promise<Omit<PreparedStep, 'others'>>;
  commit(step: SliceCommit): Promise<void>;
  abandon(step: SliceStep): Promise<void>;
  /** Resolves when the copy has been taken. */
  snapshot(wanted: WantedParts): Promise<TakenParts>;
  /** What it holds is safe: it may leave. */
  release(): void;
  stop(stop: { readonly reason: string; readonly reconnect: boolean }): void;
  /** Of the link; the reducer is not told. */
  close(): void;
}

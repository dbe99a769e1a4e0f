import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { NodeId } from '@atelier/shared/tree/node-id';
import type { NodeBuffer } from './node-buffer.ts';

export type CommitOutcome =
  | {
      readonly kind: 'committed';
      /** Means over the global batch, by the phase's loss names. */
      readonly losses: Readonly<Record<string, number>>;
      readonly gradientNorm: number;
      /** SHA-256 of the group's new parameters, every `journal.digestEverySteps` steps. */
      readonly digest?: string;
    }
  /** Nothing was changed, and the step's nodes are dropped. */
  | { readonly kind: 'non-finite'; readonly what: string };

/** What a picture is drawn of, by group: a copy of each, made by whoever asked. */
export type DrawnState<Copy> = ReadonlyMap<string, Readonly<Record<'ema' | 'statistics', Copy>>>;

export interface PublishedValues {
  readonly isDifference: boolean;
  /** Live: they change with the next commit and detach when the memory grows, so copy before any `await`. */
  readonly bytes: Uint8Array;
}

/** Where workers send slices of nodes to and take parameters from, when that is not the coordinator. */
export interface ReducerAddresses {
  readonly id: string;
  readonly addresses: readonly string[];
  /** Of each; '' where its memory is not to be used. */
  readonly memoryIds: readonly string[];
}

/**
 * All that training changes: parameters, optimizer state, moving averages, statistics and the step number, which move
 * together in `commit` or not at all. In one process (training-state.ts) a method has done its work when it returns its
 * promise; with reducers (sliced-training.ts) they have to be asked.
 */
export interface Training {
  /** The step to be computed and committed next. */
  readonly step: number;
  readonly hasParameters: boolean;
  /** Sums of the step that wait for their sibling. */
  readonly backlog: number;
  readonly initialBytes: number;
  /** Undefined where the coordinator is the reducer, and while reducers are wanted. */
  readonly reducers: ReducerAddresses | undefined;
  /**
   * Sets the state before step 0 from little-endian float32 in the order of `initialLayoutOf`.
   * @returns that state
   * @throws TrainingStateError 'has-parameters' | 'wrong-length' | 'non-finite'
   */
  initialize(bytes: Uint8Array): RunSnapshot;
  /** Of what a worker sends to the coordinator. */
  nodeBytesOf(step: number): number;
  /** When a node may be received, and what to call when it was: see ReducerState. Undefined when the signal came first. */
  admit(node: NodeId, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** @throws TrainingStateError 'wrong-step' | 'no-parameters', KernelError 'out-of-memory' */
  allocateNode(step: number): NodeBuffer;
  /**
   * Adds a received node to the step's sum, which then owns its bytes; refused, it stays the caller's.
   * @throws TrainingStateError 'wrong-step' | 'wrong-length' | 'no-parameters', ReductionError 'bad-node' | 'overlap'
   */
  addNode(step: number, node: NodeId, buffer: NodeBuffer): void;
  /**
   * Mean, optimizer, moving average, statistics and step number; all of it or, for non-finite values, nothing.
   * @throws TrainingStateError 'wrong-step' | 'no-parameters', ReductionError 'incomplete', ReducersLostError
   */
  commit(step: number): Promise<CommitOutcome>;
  /**
   * Puts the whole state to a snapshot's, and drops the nodes of the current step. Reducers are given theirs by
   * `ReducerSet.form`.
   * @throws TrainingStateError 'bad-snapshot', the state then being as before
   */
  rollback(snapshot: RunSnapshot): void;
  /** A copy of everything, for a checkpoint. @throws TrainingStateError 'no-parameters', ReducersLostError */
  snapshot(): Promise<RunSnapshot>;
  /**
   * What a picture is drawn of; `ema` are the parameters where a group has no average.
   * @param copyOf copies little-endian float32 that change with the next commit
   * @throws as snapshot
   */
  drawn<Copy>(copyOf: (live: Uint8Array) => Copy): Promise<DrawnState<Copy>>;
  /** Number of updates the group has had. @throws TrainingStateError 'unknown-group' */
  versionOf(group: string): number;
  /**
   * What workers compute with. With `hasPrevious` the difference from the version before, if there is one.
   * @throws TrainingStateError 'no-parameters' | 'unknown-group'
   */
  publishedOf(group: string, hasPrevious: boolean): PublishedValues;
}

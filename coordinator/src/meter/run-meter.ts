import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import type { JournalProgress } from '@atelier/shared/journal/journal-progress';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { Transport } from '@atelier/shared/memory/transport';
import type { Clock } from '@atelier/shared/time/clock';
import { Goodput, type GoodputSeconds } from '../goodput/goodput.ts';
import { Leases } from '../goodput/leases.ts';
import { type StepParts, StepTimer } from '../goodput/step-parts.ts';
import type { RoundDecision, RoundEvent } from '../round/round-types.ts';
import { ByteCounts } from './byte-counts.ts';

/** Told of what is more than a count. None of it may throw. */
export interface MeterListener {
  committed(entry: CommittedEntry, parts: StepParts): void;
  /** A checkpoint is durable, so many seconds after its state was copied. */
  saved(seconds: number): void;
}

const RECEIVED_KINDS = ['node', 'initial', 'sample'] as const;
export type ReceivedKind = (typeof RECEIVED_KINDS)[number];
const SENT_KINDS = ['parameters', 'difference', 'ema', 'statistics'] as const;
export type SentKind = (typeof SENT_KINDS)[number];

/**
 * Counts and times what a run does, in plain numbers: the one thing that training tells of itself. Where the numbers
 * go (status, Prometheus) is not its business.
 */
export class RunMeter {
  /** Payload of the data plane. */
  readonly receivedBytes: ByteCounts<ReceivedKind> = new ByteCounts(RECEIVED_KINDS);
  readonly sentBytes: ByteCounts<SentKind> = new ByteCounts(SENT_KINDS);
  readonly #clock: Pick<Clock, 'now'>;
  readonly #leases = new Leases();
  readonly #listeners = new Set<MeterListener>();
  /** By step: when its state was copied for a checkpoint that is not durable yet. */
  readonly #snapshotMs = new Map<number, number>();
  readonly #goodput: Goodput;
  readonly #step: StepTimer;
  #downSeconds = 0;
  #numLostLeases = 0;
  #numSecondCopies = 0;
  #numNonFinite = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#goodput = new Goodput(clock.now());
    this.#step = new StepTimer(clock.now());
  }

  get goodput(): GoodputSeconds {
    return this.#goodput.secondsAt(this.#clock.now());
  }

  /** From when the run was last heard of before this life until it began. */
  get downSeconds(): number {
    return this.#downSeconds;
  }

  /** Blocks that a worker held when it was lost. */
  get numLostLeases(): number {
    return this.#numLostLeases;
  }

  get numSecondCopies(): number {
    return this.#numSecondCopies;
  }

  /** Steps that were whole and not committed. */
  get numNonFinite(): number {
    return this.#numNonFinite;
  }

  listen(listener: MeterListener): void {
    this.#listeners.add(listener);
  }

  /** This life goes on with what earlier ones have begun. @param nowMs Unix time */
  goOn({ numCommitted, lastMs }: JournalProgress, nowMs: number): void {
    this.#goodput.committed(numCommitted - 1);
    this.#downSeconds = lastMs === undefined ? 0 : Math.max(0, nowMs - lastMs) / 1000;
  }

  /** The first step of this life begins. */
  begin(): void {
    this.#step.finish(this.#clock.now());
  }

  /** What the round was told and what it decided, before that is carried out. */
  advanced(event: RoundEvent, decisions: readonly RoundDecision[]): void {
    const nowMs = this.#clock.now();
    for (const change of this.#leases.follow(event, decisions, nowMs)) {
      this.#goodput.apply(change, nowMs);
      this.#step.apply(change, nowMs);
      if (change.type === 'left') this.#numLostLeases += change.numDropped;
    }
    for (const decision of decisions) {
      if (decision.type === 'assign' && decision.reason === 'second-copy')
        this.#numSecondCopies += decision.blocks.length;
    }
    if (event.type === 'paused') this.#goodput.pause(nowMs);
    if (event.type === 'resumed') this.#goodput.resume(nowMs);
    if (event.type === 'rolled-back') this.#step.finish(nowMs);
  }

  /** Does a part of a step and notes how long it took. */
  working<Result>(part: 'reduce' | 'optimize', work: () => Result): Result {
    const beganMs = this.#clock.now();
    try {
      return work();
    } finally {
      this.#step.worked(part, (this.#clock.now() - beganMs) / 1000);
    }
  }

  /** As `working`, for what others do meanwhile. */
  async awaiting<Result>(part: 'reduce' | 'optimize', work: () => Promise<Result>): Promise<Result> {
    const beganMs = this.#clock.now();
    try {
      return await work();
    } finally {
      this.#step.worked(part, (this.#clock.now() - beganMs) / 1000);
    }
  }

  committed(entry: CommittedEntry): void {
    this.#goodput.committed(entry.step);
    const parts = this.#step.finish(this.#clock.now());
    for (const listener of this.#listeners) listener.committed(entry, parts);
  }

  notCommitted(): void {
    this.#numNonFinite += 1;
  }

  /** Takes a snapshot, during which everything stands still; nothing does where others take it. */
  snapshot(step: number, take: () => Promise<RunSnapshot>): Promise<RunSnapshot> {
    const beganMs = this.#clock.now();
    const snapshot = take();
    this.#goodput.checkpointed(beganMs, this.#clock.now());
    this.#snapshotMs.set(step, beganMs);
    return snapshot;
  }

  /** The checkpoint of a step is durable; those before it that are not will not be. */
  saved(savedStep: number): void {
    const takenMs = this.#snapshotMs.get(savedStep);
    for (const step of this.#snapshotMs.keys()) if (step <= savedStep) this.#snapshotMs.delete(step);
    if (takenMs === undefined) return;
    for (const listener of this.#listeners) listener.saved((this.#clock.now() - takenMs) / 1000);
  }

  received(kind: ReceivedKind, numBytes: number, transport: Transport): void {
    this.receivedBytes.add(kind, transport, numBytes);
  }

  sent(kind: SentKind, numBytes: number, transport: Transport): void {
    this.sentBytes.add(kind, transport, numBytes);
  }
}

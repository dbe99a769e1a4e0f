import type { RunConfig } from '@atelier/shared/config/run-config';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import type { Evaluations } from '../evaluation/evaluations.ts';
import type { EventLog } from '../events/event-log.ts';
import type { RunIdentity } from '../identity/run-identity.ts';
import type { LifeState } from '../life/life-state.ts';
import type { RunOutcome } from '../life/run-outcome.ts';
import type { RunMeter } from '../meter/run-meter.ts';
import type { Throughput } from '../meter/throughput.ts';
import type { RefusalLog } from '../refusals/refusal-log.ts';
import type { MemberStatus, RoundState, VirtualWorkerCounts } from '../round/round-status.ts';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';

/** A training loop for whoever looks on. */
export interface LoopView {
  readonly definition: RunDefinition;
  readonly training: { readonly step: number; readonly hasParameters: boolean; readonly backlog: number };
  readonly numSteps: number;
  readonly iteration: number;
  readonly state: RoundState;
  readonly throughput: Pick<Throughput, 'imagesPerSecond' | 'secondsFor'>;
  /** Newest, by `phase/loss`. */
  readonly losses: ReadonlyMap<string, number>;
  virtualWorkers(): VirtualWorkerCounts;
  members(): MemberStatus[];
}

/** A run for whoever looks on: status, page, metrics and alerts read it, and change nothing. */
export interface RunView {
  readonly config: RunConfig;
  readonly identity: RunIdentity;
  readonly clock: { now(): number };
  readonly events: Pick<EventLog, 'subscribe' | 'delivery'>;
  readonly refusals: Pick<RefusalLog, 'counts'>;
  readonly sessions: Iterable<Session> & Pick<Sessions, 'find'>;
  readonly meter: RunMeter;
  readonly evaluations: Pick<Evaluations, 'all' | 'newest' | 'best' | 'activity'>;
  readonly rendering: { readonly latest: string };
  readonly reducers: { readonly waitingFor: string } | undefined;
  readonly isWhole: boolean;
  /** Undefined until a worker has brought the model. */
  readonly loop: LoopView | undefined;
  readonly lifeState: LifeState;
  /** Committed steps. */
  readonly step: number;
  /** Of the newest durable checkpoint; -1 for none. */
  readonly checkpointStep: number;
  /** Never rejects. */
  readonly finished: Promise<RunOutcome>;
}

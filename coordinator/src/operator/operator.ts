import type { EvaluatorReceiptInput } from '@atelier/proto/generated/atelier/v1/EvaluatorReceipt';
import type { EvaluatorReport } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';
import type { RunEvent } from '@atelier/shared/events/run-event';
import type { Clock } from '@atelier/shared/time/clock';
import type { Session } from '../sessions/session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { statusOf } from './run-status.ts';
import type { RunView } from './run-view.ts';

const STATUS_INTERVAL_MS = 200;

/** A run, as far as a person may steer it. */
export interface OperatedRun extends RunView {
  readonly sessions: Sessions;
  pause(): void;
  resume(): void;
  checkpoint(): Promise<{ readonly step: number; readonly path: string }>;
  evaluate(report: EvaluatorReport): void;
}

export interface OperatorModules {
  readonly run: OperatedRun;
  readonly reception: { drain(session: Session): void };
  readonly clock: Clock;
  /** Ends the coordinator, not only the run. Called once the caller has its answer. */
  readonly stop: (options: { readonly checkpoint: boolean }) => void;
}

/** One who looks on; called from the first status until the end, which is told once. */
export interface Watcher {
  status(status: RunStatus): void;
  event(event: RunEvent): void;
  ended(): void;
}

/**
 * What a person may ask of the run, the same whichever way the question comes (gRPC, NATS, HTTP).
 * Every method may throw a RefusedError.
 */
export class Operator {
  readonly #run: OperatedRun;
  readonly #reception: OperatorModules['reception'];
  readonly #clock: Clock;
  readonly #stop: OperatorModules['stop'];

  constructor({ run, reception, clock, stop }: OperatorModules) {
    this.#run = run;
    this.#reception = reception;
    this.#clock = clock;
    this.#stop = stop;
  }

  status(): RunStatus {
    return statusOf(this.#run);
  }

  pause(): RunStatus {
    this.#run.pause();
    return this.status();
  }

  resume(): RunStatus {
    this.#run.resume();
    return this.status();
  }

  /** Resolves when it is durable. @throws RefusedError 'not-ready' | 'stopping', ObjectStoreError */
  checkpoint(): Promise<{ readonly step: number; readonly path: string }> {
    return this.#run.checkpoint();
  }

  /** @param worker name or id. @throws RefusedError 'unknown-worker' */
  drain(worker: string): RunStatus {
    this.#reception.drain(this.#run.sessions.ofWorker(worker));
    return this.status();
  }

  /** @throws RefusedError, JournalError */
  evaluate(report: EvaluatorReport): EvaluatorReceiptInput {
    this.#run.evaluate(report);
    const { newest = null, best = null } = this.#run.evaluations;
    return { newest, best };
  }

  /** Ends the coordinator after the answer. */
  stop(options: { readonly checkpoint: boolean }): RunStatus {
    setImmediate(() => this.#stop(options));
    return { ...this.status(), state: 'stopping' };
  }

  /**
   * Every event at once; the status now, at most five times a second after something has happened, and last.
   * @returns what ends the watching before the run ends
   */
  watch(watcher: Watcher): () => void {
    let isOver = false;
    let hasNews = false;
    let toldStep = -1;
    let toldActivity = '';
    const tellStatus = () => {
      hasNews = false;
      toldStep = this.#run.step;
      toldActivity = this.#run.evaluations.activity;
      watcher.status(this.status());
    };
    const unsubscribe = this.#run.events.subscribe((event) => {
      watcher.event(event);
      hasNews = true;
    });
    // Not every step is an event, nor what an evaluator does.
    const telling = this.#clock.setInterval(() => {
      const { step, evaluations } = this.#run;
      if (hasNews || step !== toldStep || evaluations.activity !== toldActivity) tellStatus();
    }, STATUS_INTERVAL_MS);
    telling.unref();
    const leave = () => {
      isOver = true;
      unsubscribe();
      telling.cancel();
    };
    tellStatus();
    void this.#run.finished.then(() => {
      if (isOver) return;
      leave();
      tellStatus();
      watcher.ended();
    });
    return leave;
  }
}

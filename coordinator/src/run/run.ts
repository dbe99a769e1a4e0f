import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectStore } from '@atelier/shared/checkpoint/object-store';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { JournalWriter } from '@atelier/shared/journal/journal-writer';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { Logger } from 'pino';
import { type Credentials, checkCredentials } from './admission.ts';
import { AwakeClock } from './awake-clock.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { EventLog } from './event-log.ts';
import { RefusalLog } from './refusal-log.ts';
import { RefusedError } from './refused-error.ts';
import { createRunCheckpointer } from './run-checkpointer.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunIdentity } from './run-identity.ts';
import type { RunOutcome } from './run-outcome.ts';
import { SampleRendering } from './sample-rendering.ts';
import { Sessions } from './sessions.ts';
import { TrainingLoop } from './training-loop.ts';
import { TrainingState } from './training-state.ts';

export interface RunOptions {
  readonly config: RunConfig;
  readonly identity: RunIdentity;
  /** How long a run whose steps are all committed waits for its last sample grid. */
  readonly finalSampleMs: number;
}

export interface RunModules {
  readonly folder: RunFolder;
  readonly store: ObjectStore;
  readonly journal: JournalWriter;
  readonly events: EventLog;
  readonly log: Logger;
}

interface Ending {
  readonly checkpoint: boolean;
  /** Whether the workers shall come back. */
  readonly reconnect: boolean;
}

/** One life of a run, from its first worker to its outcome: what is known, what is kept, and when it ends. */
export class Run {
  readonly config: RunConfig;
  readonly identity: RunIdentity;
  readonly clock: AwakeClock;
  readonly events: EventLog;
  readonly refusals: RefusalLog;
  readonly sessions: Sessions;
  readonly rendering: SampleRendering;
  /** When nothing new is taken any more. Neither rejects. */
  readonly stopping: Promise<void>;
  readonly finished: Promise<RunOutcome>;
  readonly #modules: RunModules;
  readonly #finalSampleMs: number;
  readonly #hurry = new AbortController();
  #announceStop: () => void = () => {};
  #resolve: (outcome: RunOutcome) => void = () => {};
  #ticking: NodeJS.Timeout | undefined;
  #credentials: Credentials | undefined;
  #enrolled: Promise<void> = Promise.resolve();
  #checkpointer: Checkpointer | undefined;
  #loop: TrainingLoop | undefined;
  #isPaused = false;
  #rolledBackAt: number | undefined;
  /** open -> completing (the last grid is drawn) -> stopping -> its outcome. */
  #phase: 'open' | 'completing' | 'stopping' | RunOutcome = 'open';

  constructor(options: RunOptions, modules: RunModules) {
    this.config = options.config;
    this.identity = options.identity;
    this.clock = new AwakeClock(options.config.scheduling.leaseMs / 2);
    this.events = modules.events;
    this.refusals = new RefusalLog(modules.log);
    this.sessions = new Sessions({ refusals: this.refusals });
    this.rendering = new SampleRendering(modules);
    this.stopping = new Promise((resolve) => {
      this.#announceStop = resolve;
    });
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#modules = modules;
    this.#finalSampleMs = options.finalSampleMs;
  }

  /** Known once the first worker of the run has brought the model's definition. */
  get loop(): TrainingLoop | undefined {
    return this.#loop;
  }

  get outcome(): RunOutcome | undefined {
    return typeof this.#phase === 'string' ? undefined : this.#phase;
  }

  get isStopping(): boolean {
    return this.#phase === 'stopping';
  }

  /** Committed steps. */
  get step(): number {
    return this.#loop?.training.step ?? 0;
  }

  /** Of the newest durable checkpoint; -1 for none. */
  get checkpointStep(): number {
    return this.#checkpointer?.newestStep ?? -1;
  }

  /**
   * Goes on from the newest good checkpoint, or from the start.
   * @throws ObjectStoreError 'unavailable', TrainingStateError
   */
  async begin(): Promise<void> {
    const { fingerprint, definition } = this.#modules.folder.record;
    if (fingerprint !== undefined && definition !== undefined) {
      this.#credentials = { fingerprint, definition };
      const checkpointer = this.#openCheckpointer(this.#credentials);
      this.#openLoop(this.#credentials, await checkpointer.loadNewestGood());
    }
    if (this.#loop !== undefined && this.step >= this.#loop.numSteps) {
      this.#conclude({ kind: 'completed', step: this.step, wasComplete: true });
      return;
    }
    this.events.record({ type: 'run.started', step: this.step, incarnation: this.identity.incarnation });
    const tick = () => this.#loop?.advance({ type: 'tick' });
    this.#ticking = setInterval(tick, this.config.scheduling.leaseMs / 4).unref();
  }

  /**
   * The first worker's engine and model become the run's; every other's must be the same.
   * @throws RefusedError 'fingerprint' | 'definition'
   */
  async enroll(worker: Credentials): Promise<void> {
    if (this.#credentials === undefined) {
      this.#openCheckpointer(worker);
      this.#openLoop(worker, undefined);
      this.#credentials = worker;
      this.#enrolled = this.#modules.folder.remember(worker);
    } else {
      checkCredentials(this.#credentials, worker, this.config.exactness);
    }
    await this.#enrolled;
  }

  /** @throws RefusedError 'stopping' */
  assertOpen(): void {
    if (this.#phase === 'open' || this.#phase === 'completing') return;
    throw new RefusedError('stopping', 'the coordinator stops and takes nothing new');
  }

  /** @throws RefusedError 'not-ready' | 'stopping' */
  assertLoop(): TrainingLoop {
    this.assertOpen();
    if (this.#loop === undefined) throw new RefusedError('not-ready', 'no worker has brought the model yet');
    return this.#loop;
  }

  /** The run's first parameters, which are checkpointed at once. @throws TrainingStateError */
  initialize(bytes: Uint8Array): void {
    this.assertLoop().training.initialize(bytes);
    this.#checkpointInBackground();
  }

  pause(): void {
    if (this.#isPaused || this.#phase !== 'open') return;
    this.#isPaused = true;
    this.#loop?.advance({ type: 'paused' });
    this.#loop?.throughput.interrupted();
    this.events.record({ type: 'run.paused', step: this.step });
  }

  resume(): void {
    if (!this.#isPaused || this.#phase !== 'open') return;
    this.#isPaused = false;
    this.#loop?.advance({ type: 'resumed' });
    this.events.record({ type: 'run.resumed', step: this.step });
  }

  /** Resolves when it is durable. @throws RefusedError 'not-ready' | 'stopping', ObjectStoreError */
  async checkpoint(): Promise<{ readonly step: number; readonly path: string }> {
    const { training } = this.assertLoop();
    if (this.#checkpointer === undefined || !training.hasParameters) {
      throw new RefusedError('not-ready', 'the run has no parameters yet');
    }
    return this.#checkpointer.save(training.snapshot());
  }

  /** Ends this life of the run. A run that only waits for its last grid is completed without it. */
  async stop(ending: Ending): Promise<RunOutcome> {
    this.#hurry.abort();
    if (this.#phase === 'open') await this.#end({ kind: 'stopped', step: this.step }, ending);
    return this.finished;
  }

  #openCheckpointer(credentials: Credentials): Checkpointer {
    const run = { ...credentials, config: this.config, runId: this.identity.runId };
    this.#checkpointer = createRunCheckpointer(run, this.#modules);
    return this.#checkpointer;
  }

  #openLoop({ definition }: Credentials, snapshot: RunSnapshot | undefined): void {
    const { config, identity, clock, events, sessions, rendering } = this;
    const { journal } = this.#modules;
    const owner = {
      committed: () => this.#committed(),
      completed: () => void this.#complete(),
      nonFinite: (step: number, what: string) => void this.#nonFinite(step, what),
      failed: (error: unknown) => void this.#fail(error),
    };
    const training = TrainingState.create({ definition, config, snapshot });
    const modules = { clock, events, journal, sessions, rendering, owner };
    this.#loop = new TrainingLoop({ config, definition, identity, training }, modules);
    if (this.#isPaused) this.#loop.advance({ type: 'paused' });
  }

  /** At the end of an iteration: what the config asks for every so many. */
  #committed(): void {
    const loop = this.#loop;
    if (loop === undefined || loop.training.step % loop.definition.phases.length !== 0) return;
    if (loop.training.step === loop.numSteps) return;
    const { checkpoint, samples } = this.config;
    if (loop.iteration % checkpoint.everyIterations === 0) this.#checkpointInBackground();
    if (samples.everyIterations > 0 && loop.iteration % samples.everyIterations === 0) {
      this.rendering.request(loop);
    }
  }

  /** A failure is told by the checkpointer and does not stop training. */
  #checkpointInBackground(): void {
    this.checkpoint().catch(() => {});
  }

  async #complete(): Promise<void> {
    if (this.#phase !== 'open') return;
    this.#phase = 'completing';
    if (this.config.samples.everyIterations > 0 && this.#loop !== undefined) {
      this.rendering.request(this.#loop);
      this.rendering.seek(this.sessions);
      const deadline = delay(this.#finalSampleMs, undefined, { signal: this.#hurry.signal });
      await Promise.race([this.rendering.settled(), deadline.catch(() => {})]);
      this.#hurry.abort();
    }
    const outcome = { kind: 'completed', step: this.step, wasComplete: false } as const;
    await this.#end(outcome, { checkpoint: true, reconnect: false });
  }

  /** The state is as before the step. Once it goes back and tries again; a step that fails twice fails the run. */
  async #nonFinite(step: number, what: string): Promise<void> {
    this.events.record({ type: 'gradient.rejected', step, reason: `non-finite ${what}` });
    try {
      if (this.config.onNonFinite === 'fail')
        throw new NonFiniteError(`${what}: see onNonFinite in the config`);
      if (this.#rolledBackAt === step)
        throw new NonFiniteError(`${what}, again after going back to a checkpoint`);
      this.#rolledBackAt = step;
      const snapshot = await this.#checkpointer?.loadNewestGood();
      if (snapshot === undefined)
        throw new NonFiniteError(`${what}, and there is no checkpoint to go back to`);
      if (this.#phase === 'open') this.#loop?.rollBack(snapshot);
    } catch (error) {
      await this.#fail(error);
    }
  }

  /** A checkpoint is made only if the state is known to be whole: as it was before a step that was not committed. */
  async #fail(error: unknown): Promise<void> {
    if (this.#phase !== 'open') return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#modules.log.error({ step: this.step, err: error }, 'run failed');
    const checkpoint = error instanceof NonFiniteError;
    await this.#end({ kind: 'failed', step: this.step, reason }, { checkpoint, reconnect: false });
  }

  async #end(outcome: RunOutcome, ending: Ending): Promise<void> {
    this.#phase = 'stopping';
    this.#announceStop();
    const training = this.#loop?.training;
    if (ending.checkpoint && training?.hasParameters === true) {
      await this.#checkpointer?.save(training.snapshot()).catch(() => {});
    }
    const { step } = outcome;
    if (outcome.kind === 'failed') this.events.record({ type: 'run.failed', step, reason: outcome.reason });
    else this.events.record({ type: `run.${outcome.kind}`, step });
    for (const session of [...this.sessions]) {
      session.link.send({ stop: { reason: outcome.kind, reconnect: ending.reconnect } });
      session.link.end();
      this.sessions.close(session);
    }
    this.#conclude(outcome);
  }

  #conclude(outcome: RunOutcome): void {
    clearInterval(this.#ticking);
    this.#phase = outcome;
    this.#announceStop();
    this.#resolve(outcome);
  }
}

class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError';
  readonly code = 'non-finite';
  constructor(what: string) {
    super(`non-finite ${what}`);
  }
}

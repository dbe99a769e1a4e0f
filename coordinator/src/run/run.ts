import type { EvaluatorReport } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
import { Deferred } from '@atelier/shared/async/deferred';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { readProgress } from '@atelier/shared/journal/journal-progress';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Timer } from '@atelier/shared/time/clock';
import { Evaluations } from '../evaluation/evaluations.ts';
import type { EventLog } from '../events/event-log.ts';
import { type Credentials, checkCredentials } from '../identity/admission.ts';
import type { RunIdentity } from '../identity/run-identity.ts';
import { RunMeter } from '../meter/run-meter.ts';
import { PublishedParameters } from '../published/published-parameters.ts';
import { ReducersLostError } from '../reducers/reducer-set.ts';
import { RunReducers } from '../reducers/run-reducers.ts';
import { SlicedTraining } from '../reducers/sliced-training.ts';
import { RefusalLog } from '../refusals/refusal-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { SampleRendering } from '../samples/sample-rendering.ts';
import { Sessions } from '../sessions/sessions.ts';
import type { Checkpointer } from '../storage/checkpointer.ts';
import { RunJournal } from '../storage/run-journal.ts';
import { whenAvailable } from '../storage/when-available.ts';
import type { Training } from '../training/training.ts';
import { TrainingState } from '../training/training-state.ts';
import { TrainingStateError } from '../training/training-state-error.ts';
import { AwakeClock } from './awake-clock.ts';
import { NonFiniteError, NonFinitePolicy } from './non-finite-policy.ts';
import { createRunCheckpointer } from './run-checkpointer.ts';
import type { RunModules, RunOptions } from './run-modules.ts';
import type { RunOutcome } from './run-outcome.ts';
import { TrainingLoop } from './training-loop.ts';

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
  readonly meter: RunMeter;
  readonly evaluations: Evaluations;
  /** What workers on this machine are handed. */
  readonly memory: SharedMemory;
  readonly published: PublishedParameters;
  /** Undefined where the coordinator is the reducer. */
  readonly reducers: RunReducers | undefined;
  readonly #modules: RunModules;
  readonly #finalSampleMs: number;
  readonly #finalSaveMs: number;
  readonly #storeWaitMs: number;
  readonly #nonFinitePolicy: NonFinitePolicy;
  readonly #stopping = new Deferred<void>();
  readonly #finished = new Deferred<RunOutcome>();
  readonly #hurry = new AbortController();
  #ticking: Timer | undefined;
  #credentials: Credentials | undefined;
  #enrolled: Promise<void> = Promise.resolve();
  #checkpointer: Checkpointer | undefined;
  #loop: TrainingLoop | undefined;
  /** Of all lives: the first step that none of them has committed. */
  #furthestStep = 0;
  #isPaused = false;
  #onWhole: () => void = () => {};
  #wantsWorkersBack = true;
  /** open -> completing (the last grid is drawn) -> stopping (a last evaluation is waited for) -> its outcome. */
  #phase: 'open' | 'completing' | 'stopping' | RunOutcome = 'open';

  constructor(options: RunOptions, modules: RunModules) {
    this.#modules = modules;
    this.config = options.config;
    this.identity = options.identity;
    this.clock = new AwakeClock(options.config.scheduling.leaseMs / 2, modules.clock);
    this.meter = new RunMeter(modules.clock);
    this.events = modules.events;
    this.refusals = new RefusalLog(modules.log);
    this.sessions = new Sessions({ refusals: this.refusals, newId: modules.newId });
    this.rendering = new SampleRendering({ ...modules, sessions: this.sessions });
    this.evaluations = new Evaluations(
      {
        runId: options.identity.runId,
        everyIterations: options.config.evaluate.everyIterations,
        patienceMs: options.evaluatorPatienceMs,
      },
      modules,
    );
    this.memory = new SharedMemory({
      isWanted: options.config.transport !== 'grpc',
      onOff: (reason) => modules.log.warn({ reason }, 'memory is not shared, all bytes go by gRPC'),
    });
    this.published = new PublishedParameters(this.memory);
    this.reducers = this.#createReducers();
    this.#nonFinitePolicy = new NonFinitePolicy(options.config.onNonFinite);
    this.#finalSampleMs = options.finalSampleMs;
    this.#finalSaveMs = options.finalSaveMs;
    this.#storeWaitMs = options.storeWaitMs;
  }

  /** Known once the first worker of the run has brought the model's definition. */
  get loop(): TrainingLoop | undefined {
    return this.#loop;
  }

  get outcome(): RunOutcome | undefined {
    return typeof this.#phase === 'string' ? undefined : this.#phase;
  }

  /** When nothing new is taken any more. Never rejects. */
  get stopping(): Promise<void> {
    return this.#stopping.promise;
  }

  /** Never rejects. */
  get finished(): Promise<RunOutcome> {
    return this.#finished.promise;
  }

  /** Whether everything is here that holds the state. */
  get isWhole(): boolean {
    return this.reducers === undefined || this.reducers.isFormed;
  }

  get isStopping(): boolean {
    return this.#phase === 'stopping';
  }

  /** Whether a worker that comes while this life ends shall come again, to the next one. */
  get wantsWorkersBack(): boolean {
    return this.#wantsWorkersBack;
  }

  /** Committed steps. */
  get step(): number {
    return this.#loop?.training.step ?? 0;
  }

  /** Of the newest durable checkpoint; -1 for none. */
  get checkpointStep(): number {
    return this.#checkpointer?.newestStep ?? -1;
  }

  /** @param callback is called whenever the run becomes whole */
  whenWhole(callback: () => void): void {
    this.#onWhole = callback;
  }

  /**
   * Goes on from the newest good checkpoint, or from the start.
   * @throws ObjectStoreError, TrainingStateError
   */
  async begin(): Promise<void> {
    await this.evaluations.begin();
    const { fingerprint, definition } = this.#modules.folder.record;
    if (fingerprint !== undefined && definition !== undefined) {
      this.#credentials = { fingerprint, definition };
      const checkpointer = this.#openCheckpointer(this.#credentials);
      const snapshot = await this.#load(checkpointer);
      const progress = await readProgress(
        this.#modules.folder.journal,
        snapshot?.step ?? 0,
        this.#modules.disk,
      );
      this.meter.goOn(progress, this.#modules.clock.unixMs());
      this.#furthestStep = progress.numCommitted;
      this.#openLoop(this.#credentials, snapshot);
    }
    if (this.#loop?.state.kind === 'complete') {
      this.#wantsWorkersBack = false;
      this.#phase = 'stopping';
      this.#stopping.resolve();
      void this.#concludeEvaluated({ kind: 'completed', step: this.step, wasComplete: true });
      return;
    }
    this.events.record({ type: 'run.started', step: this.step, incarnation: this.identity.incarnation });
    const tick = () => this.#loop?.advance({ type: 'tick' });
    this.#ticking = this.#modules.clock.setInterval(tick, this.config.scheduling.leaseMs / 4).unref();
  }

  /**
   * The first worker's engine and model become the run's; every other's must be the same. A config that does not fit
   * the model fails the run.
   * @throws RefusedError 'fingerprint' | 'definition'
   */
  async enroll(worker: Credentials): Promise<void> {
    if (this.#credentials === undefined) {
      this.#openCheckpointer(worker);
      try {
        this.#openLoop(worker, undefined);
      } catch (error) {
        void this.#fail(error);
        throw new RefusedError('definition', error instanceof Error ? error.message : String(error));
      }
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

  /** The run's first parameters, which are checkpointed at once. @throws RefusedError */
  initialize(bytes: Uint8Array): void {
    const { definition, training } = this.assertLoop();
    try {
      const initial = training.initialize(bytes);
      // Before reducers hold it, it is here.
      if (this.reducers !== undefined) this.#checkpointer?.save(initial).catch(() => {});
      this.reducers?.begin(definition, initial);
    } catch (error) {
      if (!(error instanceof TrainingStateError)) throw error;
      throw new RefusedError('bad-initial', error.message, { cause: error });
    }
    if (this.reducers === undefined) this.#checkpointInBackground();
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
    return this.#checkpointer.save(await this.#takeSnapshot(training));
  }

  /** Also after the run's end, as long as the coordinator is there. @throws RefusedError, JournalError */
  evaluate(report: EvaluatorReport): void {
    if (this.#loop === undefined) throw new RefusedError('not-ready', 'no worker has brought the model yet');
    const furthestStep = Math.max(this.step, this.#furthestStep);
    this.evaluations.take(report, { furthestStep, numPhases: this.#loop.definition.phases.length });
  }

  /** Ends this life of the run. A run that only waits for its last grid is completed without it. */
  async stop(ending: Ending): Promise<RunOutcome> {
    this.#hurry.abort();
    if (this.#phase === 'open') await this.#end({ kind: 'stopped', step: this.step }, ending);
    return this.#finished.promise;
  }

  #openCheckpointer(credentials: Credentials): Checkpointer {
    const run = { ...credentials, config: this.config, runId: this.identity.runId };
    this.#checkpointer = createRunCheckpointer(run, { ...this.#modules, meter: this.meter });
    return this.#checkpointer;
  }

  #load(checkpointer: Checkpointer): Promise<RunSnapshot | undefined> {
    const { store, clock, log } = this.#modules;
    return whenAvailable(store, (signal) => checkpointer.loadNewestGood(signal), {
      waitMs: this.#storeWaitMs,
      clock,
      log,
    });
  }

  #openLoop({ definition }: Credentials, snapshot: RunSnapshot | undefined): void {
    const { config, identity, clock, events, sessions, rendering, meter, memory, published } = this;
    const owner = {
      committed: () => this.#committed(),
      completed: () => void this.#complete(),
      nonFinite: (step: number, what: string) => void this.#nonFinite(step, what),
      failed: (error: unknown) => void this.#fail(error),
    };
    const training =
      this.reducers === undefined
        ? TrainingState.create({ definition, config, snapshot })
        : new SlicedTraining({ definition, config, snapshot }, { reducers: this.reducers.set });
    const journal = new RunJournal(
      { config, definition, identity },
      { writer: this.#modules.journal, clock: this.#modules.clock },
    );
    const modules = { clock, events, journal, sessions, rendering, meter, memory, published, owner };
    this.#loop = new TrainingLoop({ config, definition, training }, modules);
    if (this.#isPaused) this.#loop.advance({ type: 'paused' });
    this.reducers?.begin(definition, snapshot);
  }

  #createReducers(): RunReducers | undefined {
    if (this.config.reducers === 1) return undefined;
    const owner = {
      load: async () => this.#checkpointer && this.#load(this.#checkpointer),
      save: () => this.checkpoint(),
      formed: (snapshot: RunSnapshot, isRollback: boolean) => {
        if (this.#phase !== 'open' && this.#phase !== 'completing') return;
        if (isRollback) this.#loop?.rollBack(snapshot);
        this.#onWhole();
      },
      failed: (error: unknown) => void this.#fail(error),
    };
    return new RunReducers(this, { events: this.events, newId: this.#modules.newId, owner });
  }

  /** At the end of an iteration: what the config asks for every so many. */
  #committed(): void {
    const loop = this.#loop;
    if (loop === undefined || loop.training.step % loop.definition.phases.length !== 0) return;
    if (loop.training.step === loop.numSteps) return;
    const { checkpoint, evaluate, samples } = this.config;
    const isEvaluated = evaluate.everyIterations > 0 && loop.iteration % evaluate.everyIterations === 0;
    if (isEvaluated || loop.iteration % checkpoint.everyIterations === 0) this.#checkpointInBackground();
    if (samples.everyIterations > 0 && loop.iteration % samples.everyIterations === 0) {
      void this.rendering.request(loop);
    }
  }

  /** A failure is told by the checkpointer and does not stop training. */
  #checkpointInBackground(): void {
    this.checkpoint().catch(() => {});
  }

  async #complete(): Promise<void> {
    if (this.#phase !== 'open') return;
    this.#phase = 'completing';
    if (!(await this.#isLastStateKept())) {
      this.#phase = 'open';
      return;
    }
    if (this.config.samples.everyIterations > 0 && this.#loop !== undefined) {
      await this.rendering.drawLast(this.#loop, this.#finalSampleMs, this.#hurry.signal);
    }
    const outcome = { kind: 'completed', step: this.step, wasComplete: false } as const;
    await this.#end(outcome, { checkpoint: true, reconnect: false });
  }

  async #nonFinite(step: number, what: string): Promise<void> {
    this.events.record({ type: 'gradient.rejected', step, reason: `non-finite ${what}` });
    try {
      const load = async () => this.#checkpointer && this.#load(this.#checkpointer);
      const snapshot = await this.#nonFinitePolicy.decide(step, what, load);
      if (this.#phase !== 'open') return;
      if (this.reducers === undefined) this.#loop?.rollBack(snapshot);
      else this.reducers.goBackTo(snapshot);
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
    this.#wantsWorkersBack = ending.reconnect;
    this.#stopping.resolve();
    // Also what could not be saved before, and old checkpoints being cleared away: half of one must not be left behind.
    const snapshot = ending.checkpoint ? await this.#lastSnapshot().catch(() => undefined) : undefined;
    await this.#checkpointer?.finish(snapshot, this.#finalSaveMs);
    const { step } = outcome;
    if (outcome.kind === 'failed') this.events.record({ type: 'run.failed', step, reason: outcome.reason });
    else this.events.record({ type: `run.${outcome.kind}`, step });
    this.sessions.stopAll({ reason: outcome.kind, reconnect: ending.reconnect });
    this.reducers?.stop({ reason: outcome.kind, reconnect: ending.reconnect });
    if (outcome.kind === 'completed') await this.#concludeEvaluated(outcome);
    else this.#conclude(outcome);
  }

  /** The last checkpoint is there, and the workers may go: who measures it has time, and is heard to the end. */
  async #concludeEvaluated(outcome: RunOutcome): Promise<void> {
    await this.evaluations.untilEvaluated(outcome.step, this.#hurry.signal);
    // A store that is away keeps nobody: the line stands in the folder, and a next life sends it.
    await this.#modules.archive?.save(this.#modules.clock.timeoutSignal(this.#finalSaveMs)).catch(() => {});
    this.#conclude(outcome);
  }

  /** Reducers may be lost until the last state is kept: the run is complete only then. */
  async #isLastStateKept(): Promise<boolean> {
    if (this.reducers === undefined) return true;
    return this.checkpoint().then(
      () => true,
      // A store that is away keeps nobody: the state is here by then.
      (error: unknown) => !(error instanceof ReducersLostError),
    );
  }

  async #lastSnapshot(): Promise<RunSnapshot | undefined> {
    const training = this.#loop?.training;
    if (training?.hasParameters !== true) return undefined;
    // With reducers that was kept already when the run was complete; what they have lost since is no loss.
    if (this.reducers !== undefined && this.checkpointStep === training.step) return undefined;
    return this.#takeSnapshot(training);
  }

  #takeSnapshot(training: Training): Promise<RunSnapshot> {
    return this.meter.snapshot(training.step, () => training.snapshot());
  }

  #conclude(outcome: RunOutcome): void {
    this.#ticking?.cancel();
    this.#phase = outcome;
    this.#stopping.resolve();
    this.#finished.resolve(outcome);
  }
}

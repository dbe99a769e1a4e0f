import type { EvaluatorReport } from '@atelier/proto/generated/atelier/v1/EvaluatorReport';
import { Deferred } from '@atelier/shared/async/deferred';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { readProgress } from '@atelier/shared/journal/journal-progress';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Timer } from '@atelier/shared/time/clock';
import { Evaluations } from '../evaluation/evaluations.ts';
import type { EventLog } from '../events/event-log.ts';
import { type Credentials, checkCredentials } from '../identity/admission.ts';
import type { RunIdentity } from '../identity/run-identity.ts';
import { Life } from '../life/life.ts';
import { isEnding, type LifeState } from '../life/life-state.ts';
import type { RunOutcome } from '../life/run-outcome.ts';
import { RunMeter } from '../meter/run-meter.ts';
import { PublishedParameters } from '../published/published-parameters.ts';
import { RunReducers } from '../reducers/run-reducers.ts';
import { RefusalLog } from '../refusals/refusal-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { SampleRendering } from '../samples/sample-rendering.ts';
import { Sessions } from '../sessions/sessions.ts';
import type { SavedCheckpoint } from '../storage/checkpointer.ts';
import { TrainingStateError } from '../training/training-state-error.ts';
import { AwakeClock } from './awake-clock.ts';
import { LifeDriver } from './life-driver.ts';
import { openLoop } from './open-loop.ts';
import { RunActs } from './run-acts.ts';
import { RunCheckpoints } from './run-checkpoints.ts';
import type { RunModules, RunOptions } from './run-modules.ts';
import type { TrainingLoop } from './training-loop.ts';

// Over 250 lines: what there is of a run, each with a line of docs, and what may be asked of it.

/**
 * One life of a run: what there is of it, and what may be asked of it. What becomes of it is decided by `Life` (life.ts),
 * told to it by LifeDriver, and done by RunActs.
 */
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
  readonly #life: Life;
  readonly #checkpoints: RunCheckpoints;
  readonly #driver: LifeDriver;
  readonly #acts: RunActs;
  readonly #stopping = new Deferred<void>();
  readonly #finished = new Deferred<RunOutcome>();
  #ticking: Timer | undefined;
  #credentials: Credentials | undefined;
  #enrolled: Promise<void> = Promise.resolve();
  #loop: TrainingLoop | undefined;
  /** Of all lives: the first step that none of them has committed. */
  #furthestStep = 0;
  #onWhole: () => void = () => {};

  constructor(options: RunOptions, modules: RunModules) {
    const { config, identity } = options;
    this.#modules = modules;
    this.config = config;
    this.identity = identity;
    this.clock = new AwakeClock(config.scheduling.leaseMs / 2, modules.clock);
    this.meter = new RunMeter(modules.clock);
    this.events = modules.events;
    this.refusals = new RefusalLog(modules.log);
    this.sessions = new Sessions({ refusals: this.refusals, newId: modules.newId });
    this.rendering = new SampleRendering({ ...modules, sessions: this.sessions });
    const { everyIterations } = config.evaluate;
    this.evaluations = new Evaluations({ runId: identity.runId, everyIterations }, modules);
    this.memory = new SharedMemory({
      isWanted: config.transport !== 'grpc',
      onOff: (reason) => modules.log.warn({ reason }, 'shared memory is not available; all bytes go by gRPC'),
    });
    this.published = new PublishedParameters(this.memory);
    this.#checkpoints = new RunCheckpoints(options, { ...modules, meter: this.meter });
    this.reducers = config.reducers === 1 ? undefined : this.#createReducers();
    this.#life = new Life({
      incarnation: identity.incarnation,
      onNonFinite: config.onNonFinite,
      hasReducers: this.reducers !== undefined,
      every: {
        checkpoint: config.checkpoint.everyIterations,
        evaluation: everyIterations,
        samples: config.samples.everyIterations,
      },
      finalSampleMs: options.finalSampleMs,
      evaluatorPatienceMs: options.evaluatorPatienceMs,
    });
    this.#driver = new LifeDriver({
      ...modules,
      life: this.#life,
      carryOut: (decision) => this.#acts.carryOut(decision),
    });
    this.#acts = new RunActs(options, {
      ...modules,
      ...{ sessions: this.sessions, rendering: this.rendering, reducers: this.reducers },
      checkpoints: this.#checkpoints,
      life: this.#driver,
      loop: () => this.#loop,
      admit: () => this.#onWhole(),
      takeNothingNew: () => this.#stopping.resolve(),
      conclude: ({ outcome }) => this.#conclude(outcome),
    });
  }

  /** Known once the first worker of the run has brought the model's definition. */
  get loop(): TrainingLoop | undefined {
    return this.#loop;
  }

  get lifeState(): LifeState {
    return this.#life.state;
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

  /** What whoever comes while this life ends is told: whether to come again, to the next one. */
  get stopNotice(): { readonly reason: string; readonly reconnect: boolean } {
    const { state, wantsWorkersBack: reconnect } = this.#life;
    return { reason: 'outcome' in state ? state.outcome.kind : 'stopped', reconnect };
  }

  /** Committed steps. */
  get step(): number {
    return this.#loop?.training.step ?? 0;
  }

  /** Of the newest durable checkpoint; -1 for none. */
  get checkpointStep(): number {
    return this.#checkpoints.newestStep;
  }

  /** @param callback is called whenever everything is here that holds the state */
  whenWhole(callback: () => void): void {
    this.#onWhole = callback;
  }

  /**
   * Goes on from the newest good checkpoint, or from the start.
   * @throws ObjectStoreError, TrainingStateError, JournalError
   */
  async begin(): Promise<void> {
    await this.evaluations.begin();
    const { fingerprint, definition } = this.#modules.folder.record;
    if (fingerprint !== undefined && definition !== undefined) {
      this.#setCredentials({ fingerprint, definition });
      const snapshot = await this.#checkpoints.load();
      const { folder, disk, clock } = this.#modules;
      const progress = await readProgress(folder.journal, snapshot?.step ?? 0, disk);
      this.meter.goOn(progress, clock.unixMs());
      this.#furthestStep = progress.numCommitted;
      this.#openLoop(definition, snapshot);
    }
    this.#driver.tell({ type: 'began', evaluatedStep: this.evaluations.newest?.step ?? -1 });
    const tick = () => this.#loop?.advance({ type: 'tick' });
    if (isEnding(this.#life.state)) return;
    this.#ticking = this.#modules.clock.setInterval(tick, this.config.scheduling.leaseMs / 4).unref();
  }

  /**
   * The first worker's engine and model become the run's; every other's must be the same. A config that does not fit
   * the model fails the run.
   * @throws RefusedError 'fingerprint' | 'definition'
   */
  async enroll(worker: Credentials): Promise<void> {
    if (this.#credentials === undefined) {
      this.#setCredentials(worker);
      try {
        this.#openLoop(worker.definition, undefined);
      } catch (error) {
        this.#driver.fail(error);
        throw new RefusedError('definition', error instanceof Error ? error.message : String(error));
      }
      // Nobody can join a run that cannot be gone on with.
      this.#enrolled = this.#modules.folder
        .remember(worker)
        .catch((error: unknown) => this.#driver.fail(error));
    } else {
      checkCredentials(this.#credentials, worker, this.config.exactness);
    }
    await this.#enrolled;
  }

  /** @throws RefusedError 'stopping' */
  assertOpen(): void {
    if (isEnding(this.#life.state))
      throw new RefusedError('stopping', 'the coordinator is stopping and takes no new workers');
  }

  /** @throws RefusedError 'not-ready' | 'stopping' */
  assertLoop(): TrainingLoop {
    this.assertOpen();
    if (this.#loop === undefined)
      throw new RefusedError('not-ready', 'no worker has sent the model yet: start a worker');
    return this.#loop;
  }

  /** The run's first parameters, which are checkpointed at once. @throws RefusedError */
  initialize(bytes: Uint8Array): void {
    const { training } = this.assertLoop();
    let initial: RunSnapshot;
    try {
      initial = training.initialize(bytes);
    } catch (error) {
      if (!(error instanceof TrainingStateError)) throw error;
      throw new RefusedError('bad-initial', error.message, { cause: error });
    }
    this.#acts.beginWith(initial, { type: 'initialized' });
    this.#onWhole();
  }

  pause(): void {
    this.#driver.tell({ type: 'pause-asked' });
  }

  resume(): void {
    this.#driver.tell({ type: 'resume-asked' });
  }

  /** Resolves when it is durable. @throws RefusedError 'not-ready' | 'stopping', ObjectStoreError */
  async checkpoint(): Promise<SavedCheckpoint> {
    return this.#checkpoints.save(this.assertLoop().training);
  }

  /** Also after the run's end, as long as the coordinator is there. @throws RefusedError, JournalError */
  evaluate(report: EvaluatorReport): void {
    if (this.#loop === undefined)
      throw new RefusedError('not-ready', 'no worker has sent the model yet: start a worker');
    const furthestStep = Math.max(this.step, this.#furthestStep);
    const numPhases = this.#loop.definition.phases.length;
    this.#driver.tell(this.evaluations.take(report, { furthestStep, numPhases }));
  }

  /**
   * Ends this life of the run. A run that only waits for its last grid or evaluation is completed without it.
   * @param ending.reconnect whether the workers shall come back
   */
  async stop(ending: { readonly checkpoint: boolean; readonly reconnect: boolean }): Promise<RunOutcome> {
    this.#driver.tell({ type: 'stop-asked', ...ending });
    return this.#finished.promise;
  }

  #setCredentials(credentials: Credentials): void {
    this.#credentials = credentials;
    this.#checkpoints.open({ ...credentials, config: this.config, runId: this.identity.runId });
  }

  #openLoop(definition: RunDefinition, snapshot: RunSnapshot | undefined): void {
    this.#loop = openLoop(this, { definition, snapshot }, { ...this.#modules, life: this.#driver });
    this.#acts.beginWith(snapshot, {
      type: 'definition-brought',
      step: this.#loop.training.step,
      numSteps: this.#loop.numSteps,
      stepsPerIteration: definition.phases.length,
      hasState: snapshot !== undefined,
    });
  }

  #conclude(outcome: RunOutcome): void {
    this.#ticking?.cancel();
    this.#stopping.resolve();
    this.#finished.resolve(outcome);
  }

  #createReducers(): RunReducers {
    const owner = {
      gathered: () => this.#driver.tell({ type: 'reducers-gathered' }),
      lost: () => this.#driver.tell({ type: 'reducers-lost' }),
      whole: (step: number) => this.#driver.tell({ type: 'reducers-whole', step }),
      failed: (error: unknown) => this.#driver.fail(error),
      save: () => this.checkpoint(),
    };
    return new RunReducers(this, { events: this.events, newId: this.#modules.newId, owner });
  }
}

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
import { must } from '../invariants/invariants.ts';
import { Life } from '../life/life.ts';
import { isEnding, type LifeState } from '../life/life-state.ts';
import type { LifeDecision, LifeEvent } from '../life/life-types.ts';
import type { RunOutcome } from '../life/run-outcome.ts';
import { RunMeter } from '../meter/run-meter.ts';
import { PublishedParameters } from '../published/published-parameters.ts';
import { ReducersLostError } from '../reducers/reducer-set.ts';
import { RunReducers } from '../reducers/run-reducers.ts';
import { RefusalLog } from '../refusals/refusal-log.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { SampleRendering } from '../samples/sample-rendering.ts';
import { Sessions } from '../sessions/sessions.ts';
import type { SavedCheckpoint } from '../storage/checkpointer.ts';
import { TrainingStateError } from '../training/training-state-error.ts';
import { AwakeClock } from './awake-clock.ts';
import { openLoop } from './open-loop.ts';
import { RunCheckpoints } from './run-checkpoints.ts';
import type { RunModules, RunOptions } from './run-modules.ts';
import type { TrainingLoop } from './training-loop.ts';

// Over 250 lines: one short method for each decision of the life, and for each thing that is asked of a run.

/**
 * One life of a run: hands `Life` what happens and the time, and carries out what it decides. What there is of a run stands
 * here; what becomes of it is decided there.
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
  readonly #options: RunOptions;
  readonly #life: Life;
  readonly #checkpoints: RunCheckpoints;
  readonly #happened: LifeEvent[] = [];
  #isAdvancing = false;
  readonly #stopping = new Deferred<void>();
  readonly #finished = new Deferred<RunOutcome>();
  #ticking: Timer | undefined;
  #waking: Timer | undefined;
  #credentials: Credentials | undefined;
  #enrolled: Promise<void> = Promise.resolve();
  #loop: TrainingLoop | undefined;
  /** What was brought or loaded last: what reducers are given, or training goes back to. */
  #snapshot: RunSnapshot | undefined;
  /** Of all lives: the first step that none of them has committed. */
  #furthestStep = 0;
  #onWhole: () => void = () => {};

  constructor(options: RunOptions, modules: RunModules) {
    const { config, identity } = options;
    this.#options = options;
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
      onOff: (reason) => modules.log.warn({ reason }, 'memory is not shared, all bytes go by gRPC'),
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
      this.#snapshot = await this.#checkpoints.load();
      const { folder, disk, clock } = this.#modules;
      const progress = await readProgress(folder.journal, this.#snapshot?.step ?? 0, disk);
      this.meter.goOn(progress, clock.unixMs());
      this.#furthestStep = progress.numCommitted;
      this.#openLoop({ fingerprint, definition });
    }
    this.#tell({ type: 'began', evaluatedStep: this.evaluations.newest?.step ?? -1 });
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
        this.#openLoop(worker);
      } catch (error) {
        this.#fail(error);
        throw new RefusedError('definition', error instanceof Error ? error.message : String(error));
      }
      this.#enrolled = this.#modules.folder.remember(worker);
    } else {
      checkCredentials(this.#credentials, worker, this.config.exactness);
    }
    await this.#enrolled;
  }

  /** @throws RefusedError 'stopping' */
  assertOpen(): void {
    if (isEnding(this.#life.state))
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
    const { training } = this.assertLoop();
    try {
      this.#snapshot = training.initialize(bytes);
    } catch (error) {
      if (!(error instanceof TrainingStateError)) throw error;
      throw new RefusedError('bad-initial', error.message, { cause: error });
    }
    this.#tell({ type: 'initialized' });
    if (this.reducers === undefined) this.#snapshot = undefined;
    this.#onWhole();
  }

  pause(): void {
    this.#tell({ type: 'pause-asked' });
  }

  resume(): void {
    this.#tell({ type: 'resume-asked' });
  }

  /** Resolves when it is durable. @throws RefusedError 'not-ready' | 'stopping', ObjectStoreError */
  async checkpoint(): Promise<SavedCheckpoint> {
    return this.#checkpoints.save(this.assertLoop().training);
  }

  /** Also after the run's end, as long as the coordinator is there. @throws RefusedError, JournalError */
  evaluate(report: EvaluatorReport): void {
    if (this.#loop === undefined) throw new RefusedError('not-ready', 'no worker has brought the model yet');
    const furthestStep = Math.max(this.step, this.#furthestStep);
    const numPhases = this.#loop.definition.phases.length;
    this.#tell(this.evaluations.take(report, { furthestStep, numPhases }));
  }

  /**
   * Ends this life of the run. A run that only waits for its last grid or evaluation is completed without it.
   * @param ending.reconnect whether the workers shall come back
   */
  async stop(ending: { readonly checkpoint: boolean; readonly reconnect: boolean }): Promise<RunOutcome> {
    this.#tell({ type: 'stop-asked', ...ending });
    return this.#finished.promise;
  }

  /** What follows from an event is carried out before the next is looked at, also where that comes of it. */
  #tell(event: LifeEvent): void {
    this.#happened.push(event);
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    for (let next = this.#happened.shift(); next !== undefined; next = this.#happened.shift())
      this.#advance(next);
    this.#isAdvancing = false;
    this.#waking?.cancel();
    const { wakesAtMs } = this.#life;
    if (wakesAtMs === undefined) return;
    const { clock } = this.#modules;
    this.#waking = clock.setTimeout(() => this.#tell({ type: 'time' }), Math.max(0, wakesAtMs - clock.now()));
  }

  #advance(event: LifeEvent): void {
    try {
      for (const decision of this.#life.advance(event, this.#modules.clock.now())) this.#attempt(decision);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What cannot be carried out fails the run; the rest of what was decided is carried out: it may be the end. */
  #attempt(decision: LifeDecision): void {
    try {
      this.#carryOut(decision);
    } catch (error) {
      this.#fail(error);
    }
  }

  #carryOut(decision: LifeDecision): void {
    switch (decision.type) {
      case 'tell':
        this.events.record(decision.event);
        break;
      case 'pause':
        this.#loop?.advance({ type: 'paused' });
        this.#loop?.throughput.interrupted();
        break;
      case 'resume':
        this.#loop?.advance({ type: 'resumed' });
        break;
      case 'checkpoint':
        void this.#save(decision.state);
        break;
      case 'draw':
        void this.#draw(decision.isLast);
        break;
      case 'load':
        void this.#load();
        break;
      case 'go-back':
        this.#loop?.rollBack(this.#takeSnapshot(decision.step));
        break;
      case 'dissolve':
        this.reducers?.dissolve();
        break;
      case 'hold':
        this.#hold();
        break;
      case 'admit':
        this.#snapshot = undefined;
        this.#onWhole();
        break;
      case 'take-nothing-new':
        this.#stopping.resolve();
        break;
      case 'save-last':
        void this.#finish(decision.withState);
        break;
      case 'let-go':
        this.#letGo(decision.reason, decision.reconnect);
        break;
      case 'wait-for-evaluator':
        this.#modules.log.info({ step: decision.step }, 'waiting for the last evaluation');
        break;
      case 'archive':
        void this.#archive();
        break;
      case 'conclude':
        this.#conclude(decision.outcome);
        break;
    }
  }

  async #save(state: 'first' | 'newest'): Promise<void> {
    const { step } = this;
    try {
      const first = this.#snapshot;
      const saved =
        state === 'first' && first !== undefined
          ? await this.#checkpoints.saveCopy(step, async () => first)
          : await this.checkpoint();
      this.#tell({ type: 'saved', step: saved.step });
    } catch (error) {
      // The checkpointer has told of a store that does not take it, and training goes on.
      this.#tell({ type: 'save-failed', step, isLost: error instanceof ReducersLostError });
    }
  }

  async #draw(isLast: boolean): Promise<void> {
    const loop = this.#loop;
    if (loop === undefined) return;
    if (!isLast) return this.rendering.request(loop);
    await this.rendering.drawLast(loop);
    this.#tell({ type: 'drawn' });
  }

  async #load(): Promise<void> {
    try {
      this.#snapshot = await this.#checkpoints.load();
      this.#tell({ type: 'loaded', step: this.#snapshot?.step });
    } catch (error) {
      this.#fail(error);
    }
  }

  async #finish(withState: boolean): Promise<void> {
    const training = withState ? this.#loop?.training : undefined;
    // What reducers hold was kept when the run was complete; what they have lost since is no loss.
    const isKept = this.reducers !== undefined && this.checkpointStep === training?.step;
    try {
      await this.#checkpoints.finish(isKept ? undefined : training, this.#options.finalSaveMs);
    } catch (error) {
      this.#fail(error);
    }
    this.#tell({ type: 'settled' });
  }

  /** A store that is away keeps nobody: the line stands in the folder, and a next life sends it. */
  async #archive(): Promise<void> {
    const { archive, clock, log } = this.#modules;
    try {
      await archive?.save(clock.timeoutSignal(this.#options.finalSaveMs));
    } catch (error) {
      log.warn({ err: error }, 'the journal was not copied to the store; the next start of the run does it');
    }
    this.#tell({ type: 'archived' });
  }

  #letGo(reason: string, reconnect: boolean): void {
    this.sessions.stopAll({ reason, reconnect });
    this.reducers?.stop({ reason, reconnect });
  }

  #conclude(outcome: RunOutcome): void {
    this.#ticking?.cancel();
    this.#stopping.resolve();
    this.#finished.resolve(outcome);
  }

  /** Logged whatever the life makes of it. */
  #fail(error: unknown): void {
    this.#modules.log.error({ step: this.step, err: error }, 'run failed');
    this.#tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }

  #setCredentials(credentials: Credentials): void {
    this.#credentials = credentials;
    this.#checkpoints.open({ ...credentials, config: this.config, runId: this.identity.runId });
  }

  #openLoop({ definition }: Credentials): void {
    const life = {
      happened: (event: LifeEvent) => this.#tell(event),
      failed: (error: unknown) => this.#fail(error),
    };
    const snapshot = this.#snapshot;
    this.#loop = openLoop(this, { definition, snapshot }, { ...this.#modules, life });
    this.#tell({
      type: 'definition-brought',
      step: this.#loop.training.step,
      numSteps: this.#loop.numSteps,
      stepsPerIteration: definition.phases.length,
      hasState: snapshot !== undefined,
    });
    if (this.reducers === undefined) this.#snapshot = undefined;
  }

  #hold(): void {
    const definition = this.#loop?.definition;
    const snapshot = this.#snapshot;
    must(
      'answersWereAsked',
      definition !== undefined && snapshot !== undefined,
      () => 'there is nothing to hold',
    );
    void this.reducers?.hold(definition, snapshot);
  }

  /** It is as large as the model and its optimizer: nobody keeps it who does not need it. */
  #takeSnapshot(step: number): RunSnapshot {
    const snapshot = this.#snapshot;
    must('answersWereAsked', snapshot?.step === step, () => `step ${step} is not at hand`);
    this.#snapshot = undefined;
    return snapshot;
  }

  #createReducers(): RunReducers {
    const owner = {
      gathered: () => this.#tell({ type: 'reducers-gathered' }),
      lost: () => this.#tell({ type: 'reducers-lost' }),
      whole: (step: number) => this.#tell({ type: 'reducers-whole', step }),
      failed: (error: unknown) => this.#fail(error),
      save: () => this.checkpoint(),
    };
    return new RunReducers(this, { events: this.events, newId: this.#modules.newId, owner });
  }
}

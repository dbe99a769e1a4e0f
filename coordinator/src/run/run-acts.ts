import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { EventLog } from '../events/event-log.ts';
import { must } from '../invariants/invariants.ts';
import type { LifeDecision, LifeEvent } from '../life/life-types.ts';
import { ReducersLostError } from '../reducers/reducer-set.ts';
import type { RunReducers } from '../reducers/run-reducers.ts';
import type { SampleRendering } from '../samples/sample-rendering.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SavedCheckpoint } from '../storage/checkpointer.ts';
import type { RunCheckpoints } from './run-checkpoints.ts';
import type { RunModules } from './run-modules.ts';
import type { TrainingLoop } from './training-loop.ts';

export interface RunActsModules extends Pick<RunModules, 'archive' | 'clock' | 'log'> {
  readonly events: EventLog;
  readonly sessions: Sessions;
  readonly rendering: SampleRendering;
  readonly checkpoints: RunCheckpoints;
  /** Undefined where the coordinator is the reducer. */
  readonly reducers: RunReducers | undefined;
  /** Undefined until the model is known. */
  readonly loop: () => TrainingLoop | undefined;
  readonly life: { tell(event: LifeEvent): void; fail(error: unknown): void };
  /** Lets in whoever waits for the state to be held. */
  readonly admit: () => void;
  readonly takeNothingNew: () => void;
  readonly conclude: (decision: Extract<LifeDecision, { readonly type: 'conclude' }>) => void;
}

/** Does what a life decides, and tells it how that went. */
export class RunActs {
  readonly #finalSaveMs: number;
  readonly #modules: RunActsModules;
  /** What was brought or loaded last: what reducers are given, or training goes back to. */
  #snapshot: RunSnapshot | undefined;

  /** @param options.finalSaveMs how long the last checkpoint, and then the journal, is tried to be saved */
  constructor(options: { readonly finalSaveMs: number }, modules: RunActsModules) {
    this.#finalSaveMs = options.finalSaveMs;
    this.#modules = modules;
  }

  /** The state that the run begins with, for as long as what is decided of it needs it. */
  beginWith(snapshot: RunSnapshot | undefined, told: LifeEvent): void {
    this.#snapshot = snapshot;
    this.#modules.life.tell(told);
    if (this.#modules.reducers === undefined) this.#snapshot = undefined;
  }

  /** @throws what cannot be done at once */
  carryOut(decision: LifeDecision): void {
    const { events, rendering, reducers, admit, takeNothingNew, conclude } = this.#modules;
    const loop = this.#modules.loop();
    switch (decision.type) {
      case 'tell':
        events.record(decision.event);
        break;
      case 'pause':
        loop?.advance({ type: 'paused' });
        loop?.throughput.interrupted();
        break;
      case 'resume':
        loop?.advance({ type: 'resumed' });
        break;
      case 'checkpoint':
        void this.#save(decision.state);
        break;
      case 'draw':
        if (decision.isLast) void this.#drawLast();
        else if (loop !== undefined) void rendering.request(loop);
        break;
      case 'load':
        void this.#load();
        break;
      case 'go-back':
        loop?.rollBack(this.#take(decision.step));
        break;
      case 'dissolve':
        reducers?.dissolve();
        break;
      case 'hold':
        this.#hold();
        break;
      case 'admit':
        this.#snapshot = undefined;
        admit();
        break;
      case 'take-nothing-new':
        takeNothingNew();
        break;
      case 'save-last':
        void this.#saveLast(decision.withState);
        break;
      case 'let-go':
        this.#letGo(decision);
        break;
      case 'wait-for-evaluator':
        this.#modules.log.info({ step: decision.step }, 'waiting for the last evaluation');
        break;
      case 'archive':
        void this.#archive();
        break;
      case 'conclude':
        conclude(decision);
        break;
    }
  }

  async #save(state: 'first' | 'newest'): Promise<void> {
    const { life, checkpoints } = this.#modules;
    const loop = this.#modules.loop();
    if (loop === undefined) return;
    const { step } = loop.training;
    try {
      const first = this.#snapshot;
      const isFirst = state === 'first' && first !== undefined;
      const saved: SavedCheckpoint = isFirst
        ? await checkpoints.saveCopy(step, async () => first)
        : await checkpoints.save(loop.training);
      life.tell({ type: 'saved', step: saved.step });
    } catch (error) {
      // The checkpointer has told of a store that does not take it, and training goes on.
      life.tell({ type: 'save-failed', step, isLost: error instanceof ReducersLostError });
    }
  }

  async #drawLast(): Promise<void> {
    const loop = this.#modules.loop();
    if (loop !== undefined) await this.#modules.rendering.drawLast(loop);
    this.#modules.life.tell({ type: 'drawn' });
  }

  async #load(): Promise<void> {
    const { life, checkpoints } = this.#modules;
    try {
      this.#snapshot = await checkpoints.load();
      life.tell({ type: 'loaded', step: this.#snapshot?.step });
    } catch (error) {
      life.fail(error);
    }
  }

  #hold(): void {
    const definition = this.#modules.loop()?.definition;
    const snapshot = this.#snapshot;
    must(
      'answersWereAsked',
      definition !== undefined && snapshot !== undefined,
      () => 'there was no state to keep',
    );
    void this.#modules.reducers?.hold(definition, snapshot);
  }

  /** It is as large as the model and its optimizer: nobody keeps it who does not need it. */
  #take(step: number): RunSnapshot {
    const snapshot = this.#snapshot;
    must('answersWereAsked', snapshot?.step === step, () => `step ${step} is not at hand`);
    this.#snapshot = undefined;
    return snapshot;
  }

  async #saveLast(withState: boolean): Promise<void> {
    const { life, checkpoints, reducers } = this.#modules;
    const training = withState ? this.#modules.loop()?.training : undefined;
    const isWanted = training?.hasParameters === true;
    // What reducers hold was kept when the run was complete; what they have lost since is no loss.
    const isKept = reducers !== undefined && checkpoints.newestStep === training?.step;
    try {
      await checkpoints.finish(isKept ? undefined : training, this.#finalSaveMs);
    } catch (error) {
      life.fail(error);
    }
    life.tell({ type: 'settled', isKept: !isWanted || checkpoints.newestStep === training.step });
  }

  #letGo({ reason, reconnect }: Extract<LifeDecision, { readonly type: 'let-go' }>): void {
    this.#modules.sessions.stopAll({ reason, reconnect });
    this.#modules.reducers?.stop({ reason, reconnect });
  }

  /** A store that is away keeps nobody: the line stands in the folder, and a next life sends it. */
  async #archive(): Promise<void> {
    const { archive, clock, log, life } = this.#modules;
    try {
      await archive?.save(clock.timeoutSignal(this.#finalSaveMs));
    } catch (error) {
      log.warn({ err: error }, 'journal not copied to the store; the next start of the run copies it');
    }
    life.tell({ type: 'archived' });
  }
}

import { must } from '../invariants/invariants.ts';
import { dueAfter } from './due-work.ts';
import { Ending } from './ending.ts';
import type { LifeState, OpenState } from './life-state.ts';
import type { LifeDecision, LifeEvent, LifeOptions } from './life-types.ts';
import { ReducerFormation } from './reducer-formation.ts';

// Over 250 lines: one arrow a method, and the table that names them.

type Event<Type extends LifeEvent['type']> = Extract<LifeEvent, { readonly type: Type }>;

/**
 * One life of a run, from what was kept of it to its outcome: when something is saved, drawn, read back and measured, and
 * how it ends. Events and the time go in, decisions come out; carrying them out is the caller's work. Equal events give
 * equal decisions. What happens within a step is decided by `Round`.
 */
export class Life {
  readonly #options: LifeOptions;
  readonly #formation = new ReducerFormation();
  readonly #ending: Ending;
  #open: OpenState = { kind: 'opening' };
  #isPaused = false;
  #step = 0;
  #numSteps = Number.POSITIVE_INFINITY;
  #stepsPerIteration = 1;
  #isLoading = false;
  /** The step whose result was not finite last, and whether a checkpoint is being read to go back to. */
  #nonFinite: { readonly step: number; readonly what: string; readonly isLoading: boolean } | undefined;
  /** A stop that waits for what the reducers hold to be kept: the run is complete then. */
  #lateStop: Event<'stop-asked'> | undefined;
  readonly #decisions: LifeDecision[] = [];

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#ending = new Ending(options);
  }

  get state(): LifeState {
    return this.#ending.state ?? this.#open;
  }

  /** Whether workers shall come again when this life has ended, to the next one. */
  get wantsWorkersBack(): boolean {
    return this.#ending.wantsWorkersBack;
  }

  /** When `time` is to be told, if nothing else happens before. */
  get wakesAtMs(): number | undefined {
    return 'untilMs' in this.state ? this.state.untilMs : undefined;
  }

  /** @param now ms of a clock that never goes back. @throws InvariantError */
  advance(event: LifeEvent, now: number): LifeDecision[] {
    this.#apply(event, now);
    this.#ending.passed(now);
    return [...this.#decisions.splice(0), ...this.#ending.take()];
  }

  #apply(event: LifeEvent, now: number): void {
    switch (event.type) {
      case 'definition-brought':
        this.#learn(event);
        break;
      case 'began':
        this.#begin(event, now);
        break;
      case 'initialized':
        this.#initialize();
        break;
      case 'committed':
        this.#commit(event);
        break;
      case 'all-committed':
        this.#complete(now);
        break;
      case 'non-finite':
        this.#reject(event);
        break;
      case 'loaded':
        this.#load(event);
        break;
      case 'saved':
        this.#save(event, now);
        break;
      case 'save-failed':
        this.#failToSave(event, now);
        break;
      case 'drawn':
        this.#ending.drawn();
        break;
      case 'evaluated':
      case 'evaluator-heard':
      case 'evaluator-left':
        this.#ending.heard(event, now);
        break;
      case 'reducers-gathered':
        this.#gather();
        break;
      case 'reducers-lost':
        this.#formation.lost();
        break;
      case 'reducers-whole':
        this.#hold(event);
        break;
      case 'pause-asked':
        this.#pause();
        break;
      case 'resume-asked':
        this.#resume();
        break;
      case 'stop-asked':
        this.#stop(event);
        break;
      case 'failed':
        this.#fail(event.reason, { checkpoint: false });
        break;
      case 'settled':
        this.#ending.settled({ ...event, step: this.#step }, now);
        break;
      case 'archived':
        this.#ending.archived();
        break;
      case 'time':
        break;
    }
  }

  #learn({ step, numSteps, stepsPerIteration, hasState }: Event<'definition-brought'>): void {
    this.#step = step;
    this.#numSteps = numSteps;
    this.#stepsPerIteration = stepsPerIteration;
    if (this.#isPaused) this.#decide({ type: 'pause' });
    if (hasState) this.#offer('beginning');
  }

  /** opening -> open; or the end, when an earlier life has done all. */
  #begin({ evaluatedStep }: Event<'began'>, now: number): void {
    if (this.state.kind !== 'opening') return;
    this.#ending.heard({ type: 'evaluated', step: evaluatedStep }, now);
    if (this.#step >= this.#numSteps) {
      this.#ending.wasComplete(this.#step, now);
      return;
    }
    this.#open = { kind: 'open' };
    const { incarnation } = this.#options;
    this.#decide({ type: 'tell', event: { type: 'run.started', step: this.#step, incarnation } });
  }

  #initialize(): void {
    if (!this.#isTraining) return;
    this.#decide({ type: 'checkpoint', state: 'first', reason: 'the initial parameters have arrived' });
    this.#offer('beginning');
  }

  /** At the end of an iteration: what the config asks for. After the last one all is saved and drawn anyway. */
  #commit({ step }: Event<'committed'>): void {
    must('oneStepAfterAnother', step === this.#step + 1, () => `step ${step - 1} came at ${this.#step}`);
    this.#step = step;
    if (!this.#isOpen || step % this.#stepsPerIteration !== 0 || step === this.#numSteps) return;
    const { checkpoint, samples } = dueAfter(step / this.#stepsPerIteration, this.#options.every);
    if (checkpoint !== undefined) this.#decide({ type: 'checkpoint', state: 'newest', reason: checkpoint });
    if (samples !== undefined) this.#decide({ type: 'draw', isLast: false, reason: samples });
  }

  /** open -> keeping, where the state may still be lost; else the end. */
  #complete(now: number): void {
    if (!this.#isOpen) return;
    must('completeMeansAllSteps', this.#step === this.#numSteps, () => `${this.#step} are committed`);
    if (!this.#options.hasReducers) {
      this.#ending.complete(this.#step, now);
      return;
    }
    this.#open = { kind: 'keeping' };
    this.#keep();
  }

  #keep(): void {
    this.#decide({ type: 'checkpoint', state: 'newest', reason: 'all steps are committed' });
  }

  /** Going back helps if a machine erred; if it was the mathematics, the same bits come again. */
  #reject({ step, what }: Event<'non-finite'>): void {
    const reason = `non-finite ${what}`;
    this.#decide({ type: 'tell', event: { type: 'gradient.rejected', step, reason } });
    if (this.#options.onNonFinite === 'fail') {
      this.#failAsBefore(`${reason}: lower the learning rate, or set onNonFinite: rollback in the config`);
      return;
    }
    if (this.#nonFinite?.step === step) {
      this.#failAsBefore(
        `${reason}, again after a rollback to a checkpoint: lower the learning rate and start a new run`,
      );
      return;
    }
    this.#nonFinite = { step, what, isLoading: true };
    this.#read(`step ${step} is not finite`);
  }

  #load({ step }: Event<'loaded'>): void {
    must('answersWereAsked', this.#isLoading, () => `step ${step} was loaded`);
    this.#isLoading = false;
    if (!this.#isTraining) return;
    const rejected = this.#nonFinite?.isLoading === true ? this.#nonFinite : undefined;
    if (rejected !== undefined) this.#nonFinite = { ...rejected, isLoading: false };
    if (step === undefined && rejected !== undefined) {
      this.#failAsBefore(
        `non-finite ${rejected.what}, and there is no checkpoint to roll back to: lower the learning rate and start a new run`,
      );
      return;
    }
    if (step === undefined) {
      this.#fail('reducers were lost, and there is no checkpoint to go back to: start a new run', {
        checkpoint: false,
      });
      return;
    }
    if (this.#options.hasReducers) this.#offer('rollback');
    else this.#goBack(step, `step ${rejected?.step} is not finite`);
  }

  /** keeping: what the reducers hold is kept, and the run is complete. */
  #save({ step }: Event<'saved'>, now: number): void {
    must('checkpointWasCommitted', step <= this.#numSteps, () => `it is of step ${step}`);
    if (this.state.kind === 'keeping' && step === this.#numSteps) this.#ending.complete(step, now);
  }

  /**
   * keeping -> open, where the state is gone; reducers that were formed since have it still. A store that is away keeps
   * nobody: the state is here by then.
   */
  #failToSave({ step, isLost }: Event<'save-failed'>, now: number): void {
    if (this.state.kind !== 'keeping' || step !== this.#numSteps) return;
    if (!isLost) this.#ending.complete(step, now);
    else if (this.#formation.isFormed) this.#keep();
    else this.#reopen();
  }

  /** keeping -> open, or the end that was asked for meanwhile */
  #reopen(): void {
    this.#open = { kind: 'open' };
    if (this.#lateStop !== undefined) this.#stop(this.#lateStop);
  }

  #gather(): void {
    if (this.#isTraining) this.#form(this.#formation.gathered());
  }

  #hold({ step }: Event<'reducers-whole'>): void {
    const formed = this.#formation.formed();
    if (formed === undefined || !this.#isTraining) return;
    if (formed.isRollback) this.#goBack(step, 'the reducers hold the state of that step');
    this.#decide({ type: 'admit' });
    // Word of what the reducers before these have lost may come later.
    if (formed.isRollback && this.state.kind === 'keeping') this.#reopen();
  }

  #pause(): void {
    if (this.#isPaused || !this.#isOpen) return;
    this.#isPaused = true;
    this.#decide({ type: 'pause' }, { type: 'tell', event: { type: 'run.paused', step: this.#step } });
  }

  #resume(): void {
    if (!this.#isPaused || !this.#isOpen) return;
    this.#isPaused = false;
    this.#decide({ type: 'resume' }, { type: 'tell', event: { type: 'run.resumed', step: this.#step } });
  }

  #stop(stop: Event<'stop-asked'>): void {
    if (this.#isOpen) this.#ending.begin({ kind: 'stopped', step: this.#step }, stop);
    else if (this.state.kind === 'keeping') this.#lateStop = stop;
    this.#ending.hurry();
  }

  /** The state is as it was before the step, and good: it is kept. */
  #failAsBefore(reason: string): void {
    this.#fail(reason, { checkpoint: true });
  }

  /** What is complete and kept fails no more. */
  #fail(reason: string, { checkpoint }: { readonly checkpoint: boolean }): void {
    if (!this.#isTraining) return;
    this.#ending.begin({ kind: 'failed', step: this.#step, reason }, { checkpoint, reconnect: false });
  }

  #goBack(step: number, reason: string): void {
    must('goesBackOnly', step <= this.#step, () => `it leads from ${this.#step} to ${step}`);
    this.#step = step;
    this.#decide({ type: 'go-back', step, reason });
  }

  #offer(offer: 'beginning' | 'rollback'): void {
    if (this.#options.hasReducers) this.#form(this.#formation.offer(offer));
  }

  #form(decisions: readonly LifeDecision[]): void {
    for (const decision of decisions) {
      if (decision.type === 'load') this.#read(decision.reason);
      else this.#decide(decision);
    }
  }

  /** One reading serves all that wait for it. */
  #read(reason: string): void {
    if (!this.#isLoading) this.#decide({ type: 'load', reason });
    this.#isLoading = true;
  }

  #decide(...decisions: LifeDecision[]): void {
    this.#decisions.push(...decisions);
  }

  /** Before all steps are committed, or anything else ends it. */
  get #isOpen(): boolean {
    return this.state.kind === 'opening' || this.state.kind === 'open';
  }

  get #isTraining(): boolean {
    return this.#isOpen || this.state.kind === 'keeping';
  }
}

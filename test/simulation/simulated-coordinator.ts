import { Round } from '@atelier/coordinator/round/round';
import type { RoundDecision, RoundEvent, RoundOptions } from '@atelier/coordinator/round/round-types';
import { rootOf } from '@atelier/shared/tree/node-id';
import { textOfDecision, textOfEvent } from '../scenarios/round/round-text.ts';
import { must } from './invariants.ts';
import { type Arrival, LifeObserver } from './life-observer.ts';
import type { SeededChance } from './seeded-chance.ts';
import type { Connection, Push, Trace, WorkerEnd } from './simulated-messages.ts';
import type { SimulatedTime } from './simulated-time.ts';
import { type Payload, ToyReduction, undisturbedRun, updated } from './toy-model.ts';

/** Takes lines that are only made where somebody reads them. */
export interface CoordinatorModules {
  readonly time: SimulatedTime;
  readonly chance: SeededChance;
  readonly trace: Trace;
  readonly maxDelayMs: number;
  /** How likely a commit turns out not to be finite, and rolls back. */
  readonly rollbackProbability: () => number;
}

/** The thin I/O around a Round: reduces, commits, checkpoints, dies and starts again from its checkpoint. */
export class SimulatedCoordinator {
  readonly #options: RoundOptions;
  readonly #modules: CoordinatorModules;
  readonly #expected: readonly number[];
  readonly #connections = new Map<string, Connection>();
  #round: Round;
  #observer: LifeObserver;
  #reduction = new ToyReduction();
  #checkpoint = { step: 0, parameter: 1 };
  #parameter = 1;
  #incarnation = 0;
  #numSessions = 0;
  /** Counts what makes a commit under way void: a roll-back or a new life. */
  #epoch = 0;
  #isPaused = false;
  isComplete = false;
  isUp = true;

  constructor(options: RoundOptions, modules: CoordinatorModules) {
    this.#options = options;
    this.#modules = modules;
    this.#expected = undisturbedRun(options.numVirtualWorkers, options.numSteps);
    this.#round = new Round(options, { step: 0 });
    this.#observer = new LifeObserver(options, { step: 0 }, 0);
  }

  get parameter(): number {
    return this.#parameter;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  get state(): string {
    return `${this.#round.state.kind}: ${this.#round.state.reason}`;
  }

  /** Undefined while the coordinator is down. */
  connect(worker: WorkerEnd): Connection | undefined {
    if (!this.isUp) return undefined;
    this.#numSessions += 1;
    const session = `s${this.#numSessions}`;
    const incarnation = this.#incarnation;
    const connection = {
      session,
      incarnation,
      worker,
      isUp: true,
      lastToWorkerMs: 0,
      lastToCoordinatorMs: 0,
    };
    this.#connections.set(session, connection);
    this.handle({ type: 'worker-joined', session, worker: worker.id });
    return connection;
  }

  push(push: Push): 'done' | 'join-again' {
    const { session, step, node, computeSeconds } = push;
    const precheck = this.#round.precheck(session, step, node);
    const arrival: Arrival = { incarnation: push.incarnation, precheck: precheck.ok ? 'ok' : precheck.code };
    this.handle({ type: 'node-arrived', session, step, node, computeSeconds }, arrival, push.payload);
    return !precheck.ok && precheck.code === 'unknown-session' ? 'join-again' : 'done';
  }

  handle(event: RoundEvent, arrival?: Arrival, payload?: Payload): void {
    if (!this.isUp) return;
    const { now } = this.#modules.time;
    const decisions = this.#round.advance(event, now);
    if (decisions.length > 0 || (event.type !== 'tick' && event.type !== 'worker-heard')) {
      this.#modules.trace(() => textOfEvent(event, now));
    }
    for (const decision of decisions) this.#modules.trace(() => `  -> ${textOfDecision(decision)}`);
    if (event.type === 'rolled-back') this.#restore();
    this.#observer.observe(event, now, decisions, this.#round, arrival);
    for (const decision of decisions) this.#carryOut(decision, payload);
  }

  /** The operator's wish outlives a restart,. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.handle({ type: isPaused ? 'paused' : 'resumed' });
  }

  rollBack(): void {
    if (this.isUp && !this.isComplete) this.handle({ type: 'rolled-back', step: this.#checkpoint.step });
  }

  kill(): void {
    this.#modules.trace(() => `# the coordinator dies at ${this.#modules.time.now}`);
    this.isUp = false;
    this.#epoch += 1;
    for (const connection of this.#connections.values()) connection.isUp = false;
    this.#connections.clear();
  }

  start(): void {
    this.#incarnation += 1;
    this.#modules.trace(
      () => `# the coordinator starts life ${this.#incarnation} at step ${this.#checkpoint.step}`,
    );
    this.isUp = true;
    this.#round = new Round(this.#options, this.#checkpoint);
    this.#observer = new LifeObserver(this.#options, this.#checkpoint, this.#incarnation);
    this.#restore();
    if (this.#isPaused) this.handle({ type: 'paused' });
  }

  #restore(): void {
    this.#epoch += 1;
    this.#reduction = new ToyReduction();
    this.#parameter = this.#checkpoint.parameter;
  }

  #carryOut(decision: RoundDecision, payload: Payload | undefined): void {
    const parameter = this.#parameter;
    switch (decision.type) {
      case 'accept-node':
        if (payload !== undefined) this.#reduction.add(decision.node, payload);
        break;
      case 'assign':
        this.#send(decision.session, (worker) => worker.take(decision.step, decision.blocks, parameter));
        break;
      case 'revoke':
        this.#send(decision.session, (worker) => worker.dropBlocks(decision.step, decision.blocks));
        break;
      case 'expel':
        this.#send(decision.session, (worker) => worker.reconnect());
        this.#connections.delete(decision.session);
        break;
      case 'release':
        this.#send(decision.session, (worker) => worker.leave());
        this.#connections.delete(decision.session);
        break;
      case 'commit':
        this.#commit(decision.step);
        break;
      case 'complete':
        this.isComplete = true;
        break;
      case 'refuse-node':
        break;
    }
  }

  #send(session: string, message: (worker: WorkerEnd) => void): void {
    const connection = this.#connections.get(session);
    if (connection === undefined) return;
    const { time, chance, maxDelayMs } = this.#modules;
    connection.lastToWorkerMs = Math.max(connection.lastToWorkerMs, time.now + chance.between(1, maxDelayMs));
    time.at(connection.lastToWorkerMs, () => {
      if (connection.isUp) connection.worker.receive(connection, message);
    });
  }

  #commit(step: number): void {
    const { time, chance, rollbackProbability } = this.#modules;
    const epoch = this.#epoch;
    time.after(chance.between(1, 40), () => {
      if (epoch !== this.#epoch) return;
      if (chance.happens(rollbackProbability())) {
        this.rollBack();
        return;
      }
      const root = this.#reduction.at(rootOf(this.#options.numVirtualWorkers));
      const { sum } = root ?? { sum: Number.NaN };
      this.#parameter = updated(this.#parameter, sum);
      must(this.#parameter === this.#expected[step + 1], 'sameBits', () => `parameter after step ${step}`);
      this.#observer.observeRoot(root);
      this.#reduction = new ToyReduction();
      if (chance.happens(0.4)) this.#checkpoint = { step: step + 1, parameter: this.#parameter };
      this.handle({ type: 'step-committed', step });
    });
  }
}

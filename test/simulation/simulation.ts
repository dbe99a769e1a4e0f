import type { RoundOptions } from '@atelier/coordinator/round/round-types';
import { must } from './invariants.ts';
import { SeededChance } from './seeded-chance.ts';
import { SimulatedCoordinator } from './simulated-coordinator.ts';
import type { Trace } from './simulated-messages.ts';
import { SimulatedTime } from './simulated-time.ts';
import { SimulatedWorker } from './simulated-worker.ts';
import { undisturbedRun } from './toy-model.ts';

/** Faults happen before this; afterwards time only goes on. */
const FAULTS_END_MS = 5_000;
const LIMIT_MS = 120_000;
const TICK_MS = 250;

export interface SimulationResult {
  readonly endMs: number;
  readonly faults: readonly string[];
}

/** One run under the faults that the seed draws. @throws InvariantViolation */
export function simulate(seed: number, trace: Trace = () => undefined): SimulationResult {
  return new Simulation(seed, trace).run();
}

class Simulation {
  readonly #time = new SimulatedTime();
  readonly #chance: SeededChance;
  readonly #options: RoundOptions;
  readonly #coordinator: SimulatedCoordinator;
  readonly #workers: SimulatedWorker[] = [];
  readonly #trace: Trace;
  readonly #maxDelayMs: number;
  readonly #lossProbability: number;
  readonly #duplicateProbability: number;
  readonly #failureProbability: number;
  readonly #rollbackProbability: number;

  constructor(seed: number, trace: Trace) {
    const chance = new SeededChance(seed);
    this.#chance = chance;
    this.#trace = trace;
    this.#options = {
      numVirtualWorkers: 2 ** chance.between(0, 4),
      numSteps: chance.between(2, 6),
      leaseMs: 1_500,
      lateFactor: 3,
      lateFloorMs: 400,
      minWorkers: chance.between(1, 3),
    };
    this.#maxDelayMs = chance.pick([5, 40, 150]);
    this.#lossProbability = chance.pick([0, 0.05, 0.3]);
    this.#duplicateProbability = chance.pick([0, 0.05, 0.3]);
    this.#failureProbability = chance.pick([0, 0, 0.1, 0.4]);
    this.#rollbackProbability = chance.pick([0, 0, 0.2]);
    this.#coordinator = new SimulatedCoordinator(this.#options, {
      time: this.#time,
      chance,
      trace,
      maxDelayMs: this.#maxDelayMs,
      rollbackProbability: () => this.#whileFaulty(this.#rollbackProbability),
    });
    trace(() => `# seed ${seed}: ${JSON.stringify(this.#options)}`);
  }

  run(): SimulationResult {
    const { numVirtualWorkers, numSteps, minWorkers } = this.#options;
    for (let count = this.#chance.between(1, 4); count > 0; count -= 1) this.#spawn();
    const faults: string[] = [];
    for (let count = this.#chance.between(0, 8); count > 0; count -= 1) {
      const fault = this.#chance.pick(FAULT_NAMES);
      faults.push(fault);
      this.#time.at(this.#chance.between(0, FAULTS_END_MS), () => this.#inflict(fault));
    }
    this.#time.at(FAULTS_END_MS + 1, () => {
      while (this.#usable.length < Math.max(1, minWorkers)) this.#spawn();
    });
    this.#tick();
    this.#time.runUntil(() => this.#coordinator.isComplete, LIMIT_MS);
    must(
      this.#coordinator.isComplete,
      'progress',
      () => `at ${this.#time.now} ms: ${this.#coordinator.state}`,
    );
    const expected = undisturbedRun(numVirtualWorkers, numSteps).at(-1);
    must(
      this.#coordinator.parameter === expected,
      'sameBits',
      () => `the run ended with ${this.#coordinator.parameter}`,
    );
    return { endMs: this.#time.now, faults };
  }

  get #usable(): SimulatedWorker[] {
    return this.#workers.filter(({ isAlive, isDraining }) => isAlive && !isDraining);
  }

  #whileFaulty(probability: number): number {
    return this.#time.now < FAULTS_END_MS ? probability : 0;
  }

  #tick(): void {
    this.#coordinator.handle({ type: 'tick' });
    this.#time.after(TICK_MS, () => this.#tick());
  }

  #spawn(): void {
    const worker = new SimulatedWorker(`w${this.#workers.length + 1}`, this.#chance.between(5, 60), {
      time: this.#time,
      chance: this.#chance,
      coordinator: this.#coordinator,
      trace: this.#trace,
      maxDelayMs: this.#maxDelayMs,
      failureProbability: () => this.#whileFaulty(this.#failureProbability),
      lossProbability: this.#lossProbability,
      duplicateProbability: this.#duplicateProbability,
    });
    this.#workers.push(worker);
  }

  #inflict(fault: Fault): void {
    const chance = this.#chance;
    const victim = this.#usable.length === 0 ? undefined : chance.pick(this.#usable);
    switch (fault) {
      case 'join':
        this.#spawn();
        break;
      case 'crash':
        victim?.crash(chance.happens(0.5));
        break;
      case 'freeze':
        victim?.freeze(chance.between(100, 4_000));
        break;
      case 'slow-down':
        victim?.slowDown(chance.between(2, 15));
        break;
      case 'drain':
        victim?.drain();
        break;
      case 'stream-drop':
        victim?.breakStream(chance.happens(0.6));
        break;
      case 'pause':
        this.#coordinator.setPaused(true);
        this.#time.after(chance.between(50, 2_000), () => this.#coordinator.setPaused(false));
        break;
      case 'rollback':
        this.#coordinator.rollBack();
        break;
      case 'restart':
        if (!this.#coordinator.isUp) break;
        this.#coordinator.kill();
        this.#time.after(chance.between(50, 1_500), () => this.#coordinator.start());
        break;
    }
  }
}

const FAULT_NAMES = [
  'join',
  'crash',
  'freeze',
  'slow-down',
  'drain',
  'stream-drop',
  'pause',
  'rollback',
  'restart',
] as const;
type Fault = (typeof FAULT_NAMES)[number];

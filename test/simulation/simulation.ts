import { checkKept } from './check-kept.ts';
import { CoordinatorLife } from './coordinator-life.ts';
import { DiskImage } from './disk-image.ts';
import { FaultPlan } from './fault-plan.ts';
import { SeededChance } from './seeded-chance.ts';
import type { BucketObjects } from './simulated-bucket.ts';
import { drawRun, numStepsOf, type SimulatedRun } from './simulated-run.ts';
import { SimulatedTime } from './simulated-time.ts';
import { SimulatedWorker } from './simulated-worker.ts';
import type { Trace } from './trace.ts';

/** Faults happen before this; afterwards time only goes on, and the run has to come to its end. */
const FAULTS_END_MS = 6_000;
/** Of simulated time, from the end of the faults: a wait for a store and a grid, and every step by the slowest worker. */
const LIMIT_MS = FAULTS_END_MS + 180_000;
const MOST_FAULTS = 5;

export interface SimulationResult {
  readonly endMs: number;
  readonly numLives: number;
  /** What was done to the run, and how often. */
  readonly faults: ReadonlyMap<string, number>;
}

// Over 250 lines: each fault that can befall a run is a case of one switch.

/** What a simulation found that must not be. */
export class ViolationError extends Error {
  override readonly name = 'ViolationError';
  readonly code = 'violation';
}

/**
 * One run of the program under the faults that the seed draws. Safety: nothing false is kept or told, at any time. Liveness:
 * when the faults have ended, the run completes in bounded time.
 * @throws ViolationError
 */
export function simulate(seed: number, trace: Trace = () => undefined): Promise<SimulationResult> {
  return new Simulation(seed, trace).run();
}

const FAULTS = [
  'join',
  'crash',
  'freeze',
  'slow-down',
  'drain',
  'stream-drop',
  'pause',
  'checkpoint',
  'kill',
  'power-failure',
  'disk-lost',
  'stop-and-start',
] as const;
type Fault = (typeof FAULTS)[number];

class Simulation {
  readonly #time = new SimulatedTime();
  readonly #chance: SeededChance;
  readonly #faults: FaultPlan;
  readonly #trace: Trace;
  readonly #run: SimulatedRun;
  readonly #image = new DiskImage();
  readonly #bucket: BucketObjects | undefined;
  readonly #workers: SimulatedWorker[] = [];
  #life: CoordinatorLife | undefined;
  #numLives = 0;
  #numIds = 0;
  #violation: unknown;
  #isComplete = false;

  constructor(seed: number, trace: Trace) {
    this.#trace = trace;
    this.#chance = new SeededChance(seed);
    this.#run = drawRun(this.#chance);
    this.#faults = new FaultPlan(this.#chance);
    this.#bucket = this.#run.isInBucket ? new Map() : undefined;
    this.#image.mkdir('/');
    trace(() => `# seed ${seed}: ${JSON.stringify(this.#run.summary)} ${JSON.stringify(this.#faults.rates)}`);
  }

  async run(): Promise<SimulationResult> {
    const chance = this.#chance;
    void this.#supervise();
    for (let count = chance.between(1, 3); count > 0; count -= 1) this.#spawn();
    for (let count = chance.between(0, MOST_FAULTS); count > 0; count -= 1) {
      const fault = chance.pick(FAULTS);
      this.#time.at(chance.between(0, FAULTS_END_MS), () => this.#inflict(fault));
    }
    this.#time.at(FAULTS_END_MS + 1, () => this.#endFaults());
    await this.#time.runUntil(() => this.#isComplete || this.#violation !== undefined, LIMIT_MS);
    if (this.#violation !== undefined) throw violationOf(this.#violation);
    if (!this.#isComplete)
      throw new ViolationError(`the run is not complete after ${LIMIT_MS} ms: ${this.#state}`);
    return { endMs: this.#time.now, numLives: this.#numLives, faults: this.#faults.done };
  }

  /** As Kubernetes does: starts the coordinator again when it is over and the run is not. */
  async #supervise(): Promise<void> {
    for (;;) {
      const life = this.#newLife();
      this.#life = life;
      const ended = life.live().then(
        (outcome) => outcome,
        (error: unknown) => {
          life.check(error);
          this.#trace(() => `# it does not live: ${String(error)}`);
          return undefined;
        },
      );
      const outcome = await Promise.race([ended, life.killed]);
      this.#life = undefined;
      this.#trace(() => `# life ${this.#numLives} ends at ${this.#time.now}: ${JSON.stringify(outcome)}`);
      life.kill();
      // Drawn before anything is looked at: that takes more turns the first time.
      const restartMs = this.#chance.between(50, 1_000);
      await this.#check();
      if (outcome?.kind === 'completed') {
        await this.#checkEnd();
        this.#isComplete = true;
        return;
      }
      await new Promise<void>((resolve) => this.#time.after(restartMs, resolve));
    }
  }

  #newLife(): CoordinatorLife {
    this.#numLives += 1;
    this.#trace(() => `# life ${this.#numLives} begins at ${this.#time.now}`);
    return new CoordinatorLife({
      config: this.#run.config,
      time: this.#time,
      chance: this.#chance,
      faults: this.#faults,
      image: this.#image,
      bucket: this.#bucket,
      newId: () => `id-${++this.#numIds}`,
      trace: this.#trace,
      onViolation: (error) => {
        this.#violation ??= error;
      },
    });
  }

  async #check(): Promise<void> {
    try {
      await checkKept(this.#run, { image: this.#image, bucket: this.#bucket });
    } catch (error) {
      this.#violation ??= error;
    }
  }

  async #checkEnd(): Promise<void> {
    try {
      await checkKept(this.#run, { image: this.#image, bucket: this.#bucket, isComplete: true });
    } catch (error) {
      this.#violation ??= error;
    }
  }

  get #state(): string {
    const life = this.#life;
    if (life?.isServing !== true) return `life ${this.#numLives} does not serve`;
    const { lifeState, loop, step } = life.run;
    return `life ${this.#numLives} is ${lifeState.kind} at step ${step} of ${numStepsOf(this.#run)}, ${loop?.state.reason}\n${this.#workers.map(({ state }) => state).join('\n')}`;
  }

  get #usable(): SimulatedWorker[] {
    return this.#workers.filter(({ isAlive, isDraining }) => isAlive && !isDraining);
  }

  #endFaults(): void {
    this.#trace(() => '# the faults have ended');
    this.#faults.end();
    const { minWorkers } = this.#run.config.scheduling;
    while (this.#usable.length < Math.max(1, minWorkers)) this.#spawn();
    // Whoever is needed and told not to come back is started again, as Kubernetes does.
    this.#time.after(5_000, () => this.#endFaults());
  }

  #spawn(): void {
    const worker = new SimulatedWorker(`w${this.#workers.length + 1}`, this.#chance.between(5, 60), {
      time: this.#time,
      chance: this.#chance,
      faults: this.#faults,
      trace: this.#trace,
      life: () => this.#life,
    });
    this.#workers.push(worker);
  }

  #inflict(fault: Fault): void {
    const chance = this.#chance;
    const victim = this.#usable.length === 0 ? undefined : chance.pick(this.#usable);
    const life = this.#life?.isServing === true ? this.#life : undefined;
    if (this.#do(fault, victim, life)) this.#faults.note(fault);
  }

  /** @returns whether there was anybody to do it to */
  #do(fault: Fault, victim: SimulatedWorker | undefined, life: CoordinatorLife | undefined): boolean {
    const chance = this.#chance;
    switch (fault) {
      case 'join':
        this.#spawn();
        return true;
      case 'crash':
        victim?.crash(chance.happens(0.5));
        return victim !== undefined;
      case 'freeze':
        victim?.freeze(chance.between(100, 4_000));
        return victim !== undefined;
      case 'slow-down':
        victim?.slowDown(chance.between(2, 15));
        return victim !== undefined;
      case 'drain':
        victim?.drain();
        return victim !== undefined;
      case 'stream-drop':
        victim?.breakStream(chance.happens(0.6));
        return victim !== undefined;
      case 'pause':
        life?.run.pause();
        this.#time.after(chance.between(50, 2_000), () => {
          if (life?.isServing === true) life.run.resume();
        });
        return life !== undefined;
      case 'checkpoint':
        life?.run.checkpoint().catch((error: unknown) => life.check(error));
        return life !== undefined;
      case 'stop-and-start':
        void life?.run.stop({ checkpoint: chance.happens(0.5), reconnect: true });
        return life !== undefined;
      case 'kill':
        this.#life?.kill();
        return this.#life !== undefined;
      case 'power-failure':
        this.#life?.kill();
        this.#image.losePower(chance);
        return this.#life !== undefined;
      case 'disk-lost':
        // Only a run that is kept in a bucket outlives it.
        if (this.#bucket === undefined) return false;
        this.#life?.kill();
        this.#image.loseAll();
        return this.#life !== undefined;
    }
  }
}

function violationOf(error: unknown): ViolationError {
  if (error instanceof ViolationError) return error;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ViolationError(message, { cause: error });
}

import { type NodeId, nodeKey, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';
import type { SeededChance } from './seeded-chance.ts';
import type { Connection, CoordinatorEnd, Push, Trace, WorkerEnd } from './simulated-messages.ts';
import type { SimulatedTime } from './simulated-time.ts';
import { payloadOf } from './toy-model.ts';

const HEARTBEAT_MS = 400;
/** Per virtual worker: even the slowest worker alone ends a run within the simulation's limit. */
const SLOWEST_MS = 500;

export interface WorkerModules {
  readonly time: SimulatedTime;
  readonly chance: SeededChance;
  readonly coordinator: CoordinatorEnd;
  readonly trace: Trace;
  readonly maxDelayMs: number;
  readonly failureProbability: () => number;
  readonly lossProbability: number;
  readonly duplicateProbability: number;
}

interface Task {
  readonly step: number;
  readonly node: NodeId;
  readonly parameter: number;
  readonly connection: Connection;
}

/** A worker process: joins, computes a block at a time, pushes with retries, and dies or freezes when told to. */
export class SimulatedWorker implements WorkerEnd {
  readonly id: string;
  readonly #modules: WorkerModules;
  #msPerVirtualWorker: number;
  #connection: Connection | undefined;
  #isConnecting = false;
  #queue: Task[] = [];
  #current: Task | undefined;
  #frozenUntilMs = 0;
  isAlive = true;
  isDraining = false;

  constructor(id: string, msPerVirtualWorker: number, modules: WorkerModules) {
    this.id = id;
    this.#msPerVirtualWorker = msPerVirtualWorker;
    this.#modules = modules;
    this.reconnect();
    this.#beat();
  }

  /** The control stream is known to be broken: everything of the old session is forgotten. */
  reconnect(): void {
    this.#connection = undefined;
    this.#queue = [];
    if (this.isDraining) this.leave();
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    this.#later(this.#modules.chance.between(10, 300), () => {
      this.#isConnecting = false;
      this.#connection = this.#modules.coordinator.connect(this);
      if (this.#connection === undefined) this.reconnect();
    });
  }

  receive(connection: Connection, message: (worker: WorkerEnd) => void): void {
    this.#later(0, () => {
      if (connection === this.#connection) message(this);
    });
  }

  take(step: number, blocks: readonly NodeId[], parameter: number): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (const node of blocks) this.#queue.push({ step, node, parameter, connection });
    this.#computeNext();
  }

  /** What is begun is finished and pushed all the same: the coordinator must cope with it. */
  dropBlocks(step: number, blocks: readonly NodeId[]): void {
    const keys = new Set(blocks.map(nodeKey));
    this.#queue = this.#queue.filter((task) => task.step !== step || !keys.has(nodeKey(task.node)));
  }

  leave(): void {
    this.#modules.trace(() => `# ${this.id} leaves at ${this.#modules.time.now}`);
    this.isAlive = false;
  }

  /** SIGKILL; the other side sees the stream end, or only the silence. */
  crash(isNoticed: boolean): void {
    this.#modules.trace(() => `# ${this.id} is killed at ${this.#modules.time.now}`);
    this.isAlive = false;
    this.breakStream(isNoticed);
  }

  /** SIGSTOP and SIGCONT. */
  freeze(durationMs: number): void {
    this.#modules.trace(() => `# ${this.id} is stopped at ${this.#modules.time.now} for ${durationMs} ms`);
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#modules.time.now + durationMs);
  }

  slowDown(factor: number): void {
    this.#modules.trace(() => `# ${this.id} slows down at ${this.#modules.time.now}`);
    this.#msPerVirtualWorker = Math.min(SLOWEST_MS, this.#msPerVirtualWorker * factor);
  }

  /** SIGTERM. */
  drain(): void {
    this.isDraining = true;
    if (this.#connection === undefined) this.leave();
    else this.#send({ type: 'drain-requested', session: this.#connection.session });
  }

  breakStream(isNoticed: boolean): void {
    const { time, chance, coordinator } = this.#modules;
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.isUp = false;
    const { session, incarnation } = connection;
    if (isNoticed) {
      time.after(chance.between(1, 100), () => {
        if (coordinator.incarnation === incarnation) {
          coordinator.handle({ type: 'worker-left', session, reason: 'the stream ended' });
        }
      });
    }
  }

  #beat(): void {
    this.#later(HEARTBEAT_MS, () => {
      if (this.#connection?.isUp === true)
        this.#send({ type: 'worker-heard', session: this.#connection.session });
      else if (this.#connection !== undefined) this.reconnect();
      this.#beat();
    });
  }

  #send(event: Parameters<CoordinatorEnd['handle']>[0]): void {
    const { time, chance, coordinator, maxDelayMs } = this.#modules;
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.lastToCoordinatorMs = Math.max(
      connection.lastToCoordinatorMs,
      time.now + chance.between(1, maxDelayMs),
    );
    time.at(connection.lastToCoordinatorMs, () => {
      if (connection.isUp) coordinator.handle(event);
    });
  }

  #computeNext(): void {
    const task = this.#current === undefined ? this.#queue.shift() : undefined;
    if (task === undefined) return;
    this.#current = task;
    const { chance, failureProbability } = this.#modules;
    const size = numVirtualWorkersOf(task.node);
    const durationMs = Math.max(1, Math.round(size * this.#msPerVirtualWorker * (0.8 + 0.4 * chance.next())));
    this.#later(durationMs, () => {
      this.#current = undefined;
      const { session, incarnation } = task.connection;
      const { step, node } = task;
      if (task.connection !== this.#connection) {
        // Computed for a session that is over: pushed all the same, as a process that has not noticed would.
        this.#push({ session, incarnation, step, node, ...this.#resultOf(task, durationMs) }, 1);
      } else if (chance.happens(failureProbability())) {
        this.#send({ type: 'block-failed', session, step, node, message: 'out of memory' });
      } else this.#push({ session, incarnation, step, node, ...this.#resultOf(task, durationMs) }, 0);
      this.#computeNext();
    });
  }

  #resultOf(task: Task, durationMs: number): Pick<Push, 'payload' | 'computeSeconds'> {
    return { payload: payloadOf(task.step, task.node, task.parameter), computeSeconds: durationMs / 1000 };
  }

  /** Pushes overtake each other, get lost before or after they arrived, are repeated, and outlive their sender. */
  #push(push: Push, numAttempts: number): void {
    const { time, chance, coordinator, maxDelayMs, lossProbability, duplicateProbability } = this.#modules;
    const isLost = chance.happens(lossProbability);
    const isAnswerLost = chance.happens(lossProbability);
    const isRepeated = chance.happens(duplicateProbability);
    const numArriving = isLost ? 0 : isRepeated ? 2 : 1;
    for (let copy = 0; copy < numArriving; copy += 1) {
      time.after(chance.between(1, 3 * maxDelayMs), () => {
        if (!coordinator.isUp) return;
        const answer = coordinator.push(push);
        if (answer === 'join-again' && push.session === this.#connection?.session)
          this.#later(1, () => this.reconnect());
      });
    }
    const isWorthIt = numAttempts < 20;
    if ((isLost || isAnswerLost) && isWorthIt) this.#later(100, () => this.#push(push, numAttempts + 1));
  }

  /** Nothing happens in a dead process; in a stopped one it happens when it wakes. */
  #later(delayMs: number, action: () => void): void {
    const { time } = this.#modules;
    const run = (): void => {
      if (!this.isAlive) return;
      if (time.now < this.#frozenUntilMs) time.at(this.#frozenUntilMs, run);
      else action();
    };
    time.after(delayMs, run);
  }
}

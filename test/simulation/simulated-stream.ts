import { RefusedError } from '@atelier/coordinator/refusals/refused-error';
import type { Session } from '@atelier/coordinator/sessions/session';
import type { CoordinatorMessageInput } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { WorkerMessage } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import type { CoordinatorLife } from './coordinator-life.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { SeededChance } from './seeded-chance.ts';

/** The worker's end of a stream. */
export interface StreamEnd {
  heard(stream: SimulatedStream, message: CoordinatorMessageInput): void;
  ended(stream: SimulatedStream): void;
}

/** After so long gRPC finds that nobody answers at the other end (proto/src/channel-options.ts). */
const KEEPALIVE_MS = 20_000;

/** A control stream: messages of one direction keep their order. Each side learns in its own time that it is broken, or never. */
export class SimulatedStream {
  readonly life: CoordinatorLife;
  readonly #end: StreamEnd;
  readonly #chance: SeededChance;
  readonly #faults: FaultPlan;
  /** What the coordinator has still to take. */
  readonly #received: WorkerMessage[] = [];
  #wake: () => void = () => {};
  #lastToWorkerMs = 0;
  #lastToCoordinatorMs = 0;
  #session: Session | undefined;
  #isUp = true;
  #isOver = false;

  constructor(
    life: CoordinatorLife,
    end: StreamEnd,
    modules: { readonly chance: SeededChance; readonly faults: FaultPlan },
  ) {
    this.life = life;
    this.#end = end;
    this.#chance = modules.chance;
    this.#faults = modules.faults;
    void this.#converse();
  }

  get state(): string {
    return `stream ${this.#isUp ? 'up' : 'cut'}, ${this.#received.length} to take, ${this.#session?.state ?? 'no session'}`;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Nothing gets through any more. @param isNoticed whether the coordinator is told so, or finds out by itself */
  cut(isNoticed: boolean): void {
    this.#isUp = false;
    this.life.process.later(isNoticed ? this.#chance.between(1, 100) : KEEPALIVE_MS, () => this.#close());
  }

  send(message: WorkerMessage): void {
    const { process } = this.life;
    const now = process.now();
    this.#lastToCoordinatorMs = Math.max(this.#lastToCoordinatorMs, now + this.#delayMs());
    process.later(this.#lastToCoordinatorMs - now, () => {
      if (!this.#isUp) return;
      this.#received.push(message);
      this.#wake();
    });
  }

  /** As grpc/training-server.ts does. */
  async #converse(): Promise<void> {
    const { reception } = this.life;
    const link = {
      send: (message: CoordinatorMessageInput) => this.#tell((end) => end.heard(this, message)),
      end: () => this.#tell((end) => end.ended(this)),
    };
    let reason = 'it ended its stream';
    try {
      for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
        if (this.#session === undefined) this.#session = reception.greet(next, link);
        else await reception.take(this.#session, next);
      }
    } catch (error) {
      reason = String(error);
      if (error instanceof RefusedError) reception.refuse(error, this.#session, link);
      else this.life.check(error);
    }
    if (this.#session !== undefined) reception.leave(this.#session, reason);
    link.end();
  }

  async #next(): Promise<WorkerMessage | undefined> {
    while (this.#received.length === 0 && !this.#isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#received.shift();
  }

  #tell(what: (end: StreamEnd) => void): void {
    const { process } = this.life;
    if (!process.isAlive) return;
    const now = process.now();
    this.#lastToWorkerMs = Math.max(this.#lastToWorkerMs, now + this.#delayMs());
    process.elsewhere(this.#lastToWorkerMs - now, () => {
      if (this.#isUp) what(this.#end);
    });
  }

  #close(): void {
    this.#isOver = true;
    this.#wake();
  }

  #delayMs(): number {
    return this.#chance.between(1, this.#faults.rates.maxDelayMs);
  }
}

import type { Clock, Timer } from '@atelier/shared/time/clock';
import type { Logger } from 'pino';
import type { Life } from '../life/life.ts';
import type { LifeDecision, LifeEvent } from '../life/life-types.ts';

export interface LifeDriverModules {
  readonly life: Life;
  readonly clock: Clock;
  readonly log: Logger;
  /** May throw: that fails the run. */
  readonly carryOut: (decision: LifeDecision) => void;
}

/**
 * Hands a life what happens and the time, and has carried out what it decides: all that follows from an event before the
 * next one, also where that comes of it.
 */
export class LifeDriver {
  readonly #modules: LifeDriverModules;
  readonly #happened: LifeEvent[] = [];
  #isAdvancing = false;
  #waking: Timer | undefined;

  constructor(modules: LifeDriverModules) {
    this.#modules = modules;
  }

  tell(event: LifeEvent): void {
    this.#happened.push(event);
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    for (let next = this.#happened.shift(); next !== undefined; next = this.#happened.shift())
      this.#advance(next);
    this.#isAdvancing = false;
    this.#wake();
  }

  /** Something went wrong that no other event stands for. Logged, whatever the life makes of it. */
  fail(error: unknown): void {
    this.#modules.log.error({ err: error }, 'run failed');
    this.tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }

  #advance(event: LifeEvent): void {
    const { life, clock } = this.#modules;
    try {
      for (const decision of life.advance(event, clock.now())) this.#attempt(decision);
    } catch (error) {
      this.fail(error);
    }
  }

  /** What cannot be carried out fails the run; the rest of what was decided is carried out: it may be the end. */
  #attempt(decision: LifeDecision): void {
    try {
      this.#modules.carryOut(decision);
    } catch (error) {
      this.fail(error);
    }
  }

  #wake(): void {
    this.#waking?.cancel();
    const { life, clock } = this.#modules;
    if (life.wakesAtMs === undefined) return;
    const delayMs = Math.max(0, life.wakesAtMs - clock.now());
    this.#waking = clock.setTimeout(() => this.tell({ type: 'time' }), delayMs);
  }
}

import { type ObjectStore, ObjectStoreError } from '@atelier/shared/store/object-store';
import type { FaultPlan } from './fault-plan.ts';
import type { SeededChance } from './seeded-chance.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** What a bucket holds, whoever asks. */
export type BucketObjects = Map<string, Uint8Array>;

export interface SimulatedBucketModules {
  readonly objects: BucketObjects;
  readonly process: SimulatedProcess;
  readonly chance: SeededChance;
  readonly faults: FaultPlan;
}

/** A bucket as a process has it: slow, away, silent about what it has done, and with objects that it has kept a part of. */
export class SimulatedBucket implements ObjectStore {
  readonly location = 's3://simulated/run';
  readonly #modules: SimulatedBucketModules;

  constructor(modules: SimulatedBucketModules) {
    this.#modules = modules;
  }

  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { objects, chance, faults } = this.#modules;
    const content = Uint8Array.from(bytes);
    return this.#ask(`write ${key}`, signal, () => {
      const isTorn = faults.strikes('storeTears');
      objects.set(key, isTorn ? content.subarray(0, chance.between(0, content.length)) : content);
      if (isTorn) throw this.#unavailable(`write ${key}`);
    });
  }

  get(key: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#ask(`read ${key}`, signal, () => this.#found(key));
  }

  getRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#ask(`read ${key}`, signal, () => {
      const part = this.#found(key).subarray(offset, offset + length);
      if (part.length < length) throw new ObjectStoreError('truncated', `${key} ends before`);
      return part;
    });
  }

  list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    return this.#ask(`list ${prefix}`, signal, () =>
      [...this.#modules.objects.keys()].filter((key) => key.startsWith(prefix)).sort(),
    );
  }

  remove(key: string, signal?: AbortSignal): Promise<void> {
    return this.#ask(`remove ${key}`, signal, () => {
      this.#modules.objects.delete(key);
    });
  }

  #found(key: string): Uint8Array {
    const found = this.#modules.objects.get(key);
    if (found === undefined) throw new ObjectStoreError('not-found', `there is no ${key}`);
    return found;
  }

  /** Where it fails, it may have done what it was asked, or may not; and so it is when whoever asked is dead. */
  #ask<Answer>(what: string, signal: AbortSignal | undefined, act: () => Answer): Promise<Answer> {
    const { process, chance, faults } = this.#modules;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        signal?.removeEventListener('abort', giveUp);
        reject(this.#unavailable(what));
      };
      signal?.addEventListener('abort', giveUp);
      if (signal?.aborted === true) return giveUp();
      process.elsewhere(chance.between(1, faults.rates.maxStoreMs), () => {
        const fails = faults.strikes('storeFails');
        const settle = fails && chance.happens(0.5) ? giveUp : settlingOf(act, resolve, reject);
        process.later(chance.between(0, 5), () => {
          signal?.removeEventListener('abort', giveUp);
          (fails ? giveUp : settle)();
        });
      });
    });
  }

  #unavailable(what: string): ObjectStoreError {
    return new ObjectStoreError('unavailable', `${this.location}: cannot ${what}`);
  }
}

/** Does it now; tells later how that went. */
function settlingOf<Answer>(
  act: () => Answer,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): () => void {
  try {
    const answer = act();
    return () => resolve(answer);
  } catch (error) {
    return () => reject(error);
  }
}

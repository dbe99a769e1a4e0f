import {
  closeSync,
  type FSWatcher,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  watch,
} from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '@atelier/shared/events/run-event';

const BLOCK_BYTES = 65_536;

/** The type of an event, narrowed by it. */
export type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

/**
 * A run seen through its folder, as events.jsonl and coordinator.json change: over all lives of the coordinator, and
 * without asking it. Nothing is polled: the file system tells.
 */
export class FollowedRun implements Disposable {
  readonly folder: string;
  readonly #events: RunEvent[] = [];
  readonly #watcher: FSWatcher;
  readonly #asking = new Set<() => void>();
  #file: number | undefined;
  #rest = '';

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#watcher = watch(folder, () => {
      for (const ask of this.#asking) ask();
    });
  }

  /** All there are by now, oldest first. */
  get events(): readonly RunEvent[] {
    this.#file ??= openIfThere(join(this.folder, 'events.jsonl'));
    if (this.#file === undefined) return this.#events;
    const block = Buffer.alloc(BLOCK_BYTES);
    for (let length = 1; length > 0; ) {
      length = readSync(this.#file, block, 0, BLOCK_BYTES, null);
      const lines = `${this.#rest}${block.toString('utf8', 0, length)}`.split('\n');
      this.#rest = lines.pop() ?? '';
      this.#events.push(...lines.flatMap(eventOf));
    }
    return this.#events;
  }

  all<Type extends RunEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** Of the coordinator that listens, or did when it was killed. */
  get coordinatorPid(): number | undefined {
    return this.#coordinator?.pid;
  }

  /** host:port of its metrics. */
  get http(): string | undefined {
    return this.#coordinator?.http;
  }

  /**
   * Asks now, whenever the folder changes, and a last time when the signal comes.
   * @returns the first answer that is neither undefined nor false
   */
  until<Answer>(ask: () => Answer | undefined | false, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const tryOnce = (): void => {
        const answer = ask();
        if (answer === undefined || answer === false) {
          if (signal.aborted) reject(signal.reason);
          else return;
        } else resolve(answer);
        this.#asking.delete(tryOnce);
        signal.removeEventListener('abort', tryOnce);
      };
      this.#asking.add(tryOnce);
      signal.addEventListener('abort', tryOnce, { once: true });
      tryOnce();
    });
  }

  get #coordinator(): { readonly pid: number; readonly http?: string } | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, 'coordinator.json'), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** As when its disk is lost: nothing of the run is left in the folder. What was seen stays seen. */
  lose(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#rest = '';
    for (const name of readdirSync(this.folder)) rmSync(join(this.folder, name), { recursive: true });
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** A line that a kill cut short is no event. */
function eventOf(line: string): RunEvent[] {
  try {
    return [JSON.parse(line) as RunEvent];
  } catch {
    return [];
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

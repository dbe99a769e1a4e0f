interface Entry {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** Simulated time in ms: actions run in the order of their time, then of their scheduling. */
export class SimulatedTime {
  now = 0;
  readonly #heap: Entry[] = [];
  #numScheduled = 0;

  at(time: number, action: () => void): void {
    const entry = { at: Math.max(time, this.now), order: this.#numScheduled, action };
    this.#numScheduled += 1;
    let place = this.#heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.now + delayMs, action);
  }

  /**
   * Runs until the condition holds or nothing is left or the time is up. After each action everything runs that does not wait
   * for time to pass: all that the program awaits in a simulation is settled by an action.
   */
  async runUntil(isDone: () => boolean, limitMs: number): Promise<void> {
    while (!isDone()) {
      const entry = this.#take();
      if (entry === undefined || entry.at > limitMs) return;
      this.now = entry.at;
      entry.action();
      await untilQuiet();
    }
  }

  #take(): Entry | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#heap[0] = last;
    for (let place = 0; ; ) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) if (this.#isBefore(child, least)) least = child;
      if (least === place) return first;
      this.#swap(place, least);
      place = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}

/** Node runs what was queued for the next tick when no microtask is left. */
function untilQuiet(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

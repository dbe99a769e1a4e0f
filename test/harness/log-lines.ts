import pino, { type Logger } from 'pino';

/** A log that can be waited on: what a process of this test says. */
export class LogLines {
  readonly log: Logger;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.log = pino({ level: 'debug' }, { write: (line) => this.#hear(line) });
  }

  /** Until so many lines have said it. */
  async until(message: string, count: number, signal: AbortSignal): Promise<void> {
    const hasCome = (): boolean => this.#lines.filter((line) => line.includes(message)).length >= count;
    await new Promise<void>((resolve, reject) => {
      const ask = (): void => {
        if (!hasCome() && !signal.aborted) return;
        this.#waiting.delete(ask);
        if (hasCome()) resolve();
        else
          reject(
            new Error(`'${message}' was not said ${count} times; at last: ${this.#lines.slice(-8).join('')}`),
          );
      };
      this.#waiting.add(ask);
      signal.addEventListener('abort', ask, { once: true });
      ask();
    });
  }

  #hear(line: string): void {
    this.#lines.push(line);
    for (const ask of this.#waiting) ask();
  }
}

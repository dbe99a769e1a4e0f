import pino, { type Logger } from 'pino';

export interface LogLine {
  readonly msg: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** A log that can be asked what it was told, and waited for. */
export class HeardLog {
  readonly log: Logger;
  readonly lines: LogLine[] = [];
  readonly #asking = new Set<() => void>();

  constructor() {
    this.log = pino(
      { level: 'info' },
      {
        write: (line) => {
          this.lines.push(JSON.parse(line) as LogLine);
          for (const ask of this.#asking) ask();
        },
      },
    );
  }

  /** Of the lines with this message, the one with this number, counted from 0; waits for it. */
  nth(message: string, number: number): Promise<LogLine> {
    return new Promise((resolve) => {
      const ask = () => {
        const line = this.all(message)[number];
        if (line === undefined) return;
        this.#asking.delete(ask);
        resolve(line);
      };
      this.#asking.add(ask);
      ask();
    });
  }

  all(message: string): LogLine[] {
    return this.lines.filter(({ msg }) => msg === message);
  }
}

import type { WriteStream } from 'node:tty';
import { liveLines, type ProgressStatus, plainLine } from './progress-line.ts';

/** Where progress is shown. */
export interface ProgressView {
  status(status: ProgressStatus): void;
  /** A line that stays. */
  note(line: string): void;
  /** Leaves the screen as it is and frees the last line. */
  close(): void;
}

const PLAIN_EVERY_MS = 5_000;

/** Two lines at the bottom of the terminal that are written over; notes go above them. */
export function createLiveView(terminal: WriteStream): ProgressView {
  let lines: readonly string[] = [];
  const erase = (): void => {
    if (lines.length > 0) terminal.write(`\x1b[${lines.length}A\x1b[J`);
  };
  const draw = (next: readonly string[]): void => {
    lines = next.map((line) => cut(line, terminal.columns || 80));
    terminal.write(lines.map((line) => `${line}\n`).join(''));
  };
  return {
    status(status) {
      erase();
      draw(liveLines(status));
    },
    note(line) {
      const kept = lines;
      erase();
      terminal.write(`${line}\n`);
      draw(kept);
    },
    close() {
      lines = [];
    },
  };
}

/** A line now and then, for logs and pipes: at once when the state changes, else every few seconds. */
export function createPlainView(write: (line: string) => void, now: () => number): ProgressView {
  let lastAt = Number.NEGATIVE_INFINITY;
  let lastLine = '';
  let lastState = '';
  return {
    status(status) {
      const line = plainLine(status);
      const isDue = now() - lastAt >= PLAIN_EVERY_MS || status.state !== lastState;
      if (!isDue || line === lastLine) return;
      lastAt = now();
      lastLine = line;
      lastState = status.state;
      write(line);
    },
    note: write,
    close() {},
  };
}

function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
}

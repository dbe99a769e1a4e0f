import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import { parseJournalLine } from '@atelier/shared/journal/journal-reader';

const POLL_MS = 50;
const BLOCK_BYTES = 65_536;

/** The commits of a run under way, read from its journal a few times a second: following it costs the run nothing. */
export class FollowedJournal implements Disposable {
  readonly #path: string;
  readonly #commits: CommittedEntry[] = [];
  #file: number | undefined;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** All there are by now, oldest first. */
  get commits(): readonly CommittedEntry[] {
    this.#file ??= openIfThere(this.#path);
    if (this.#file === undefined) return this.#commits;
    const block = Buffer.alloc(BLOCK_BYTES);
    for (let length = readSync(this.#file, block); length > 0; length = readSync(this.#file, block)) {
      const lines = `${this.#rest}${block.toString('utf8', 0, length)}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const entry = parseJournalLine(line, this.#path);
        if (entry.kind === 'committed') this.#commits.push(entry);
      }
    }
    return this.#commits;
  }

  /** The first commit that fits. @throws the signal's reason */
  async until(fits: (commit: CommittedEntry) => boolean, signal: AbortSignal): Promise<CommittedEntry> {
    for (;;) {
      const found = this.commits.find(fits);
      if (found !== undefined) return found;
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** Until there are so many. @throws the signal's reason */
  async untilCommits(count: number, signal: AbortSignal): Promise<void> {
    while (this.commits.length < count) await sleep(POLL_MS, undefined, { signal });
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

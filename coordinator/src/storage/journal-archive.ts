import type { Disk } from '@atelier/shared/disk/disk';
import { readFrom } from '@atelier/shared/disk/read-from';
import type { ObjectStore } from '@atelier/shared/store/object-store';
import { RunFolderError } from './run-folder-error.ts';

export interface JournalArchiveOptions {
  /** Of the journal in the run's folder. */
  readonly path: string;
  readonly runId: string;
  /** How much is sent at once, at most. Default: 8 MiB. */
  readonly segmentBytes?: number;
}

const NEWLINE = 0x0a;
const OFFSET_DIGITS = 15;

/**
 * The journal beside the checkpoints in a bucket, so that a run that goes on from them on another disk has its whole
 * ledger. `journal/<run id>/<first byte>.jsonl` holds the journal from that byte on, up to the next object: whole lines,
 * each of which is sent once. Never deleted: it is the run's history, of some hundred bytes a step.
 */
export class JournalArchive {
  readonly #options: JournalArchiveOptions;
  readonly #store: ObjectStore;
  readonly #disk: Disk;
  /** The journal's first bytes that the store has. */
  #numSaved = 0;

  constructor(options: JournalArchiveOptions, modules: { readonly store: ObjectStore; readonly disk: Disk }) {
    this.#options = options;
    this.#store = modules.store;
    this.#disk = modules.disk;
  }

  /**
   * Finds out what the store has, and completes a journal that is shorter: on a new disk, all of it. Before the journal is
   * opened.
   * @throws ObjectStoreError; RunFolderError 'other-run' when the two tell different histories
   */
  async restore(): Promise<void> {
    const { path } = this.#options;
    const journal = await this.#disk.open(path, 'a+');
    try {
      const { size } = await journal.stat();
      const begins = await this.#begins();
      // What is before the segment in which the journal ends was compared when it was sent.
      const first = Math.max(
        begins.findLastIndex((begin) => begin <= size),
        0,
      );
      this.#numSaved = Math.min(begins[first] ?? 0, size);
      for (const begin of begins.slice(first)) {
        if (begin !== this.#numSaved) throw this.#gap(begin);
        const segment = await this.#store.get(this.#keyOf(begin));
        const present = await readFrom(
          journal,
          begin,
          Math.max(Math.min(size - begin, segment.byteLength), 0),
        );
        if (!present.equals(segment.subarray(0, present.length))) throw this.#otherHistory();
        await journal.writeFile(segment.subarray(present.length));
        this.#numSaved = begin + segment.byteLength;
      }
      await journal.sync();
    } finally {
      await journal.close();
    }
  }

  /** Sends the lines that the store does not have. @throws ObjectStoreError */
  async save(signal: AbortSignal): Promise<void> {
    const { path, segmentBytes = 8 * 2 ** 20 } = this.#options;
    const journal = await this.#disk.open(path, 'r');
    try {
      for (;;) {
        const { size } = await journal.stat();
        const buffer = Buffer.alloc(Math.min(size - this.#numSaved, segmentBytes));
        const { bytesRead } = await journal.read(buffer, 0, buffer.length, this.#numSaved);
        const lines = buffer.subarray(0, buffer.lastIndexOf(NEWLINE, bytesRead - 1) + 1);
        if (lines.length === 0) return;
        await this.#store.put(this.#keyOf(this.#numSaved), lines, signal);
        this.#numSaved += lines.length;
      }
    } finally {
      await journal.close();
    }
  }

  async #begins(): Promise<number[]> {
    const keys = await this.#store.list(this.#folder);
    return keys.map((key) => Number.parseInt(key.slice(this.#folder.length), 10));
  }

  get #folder(): string {
    return `journal/${this.#options.runId}/`;
  }

  #keyOf(begin: number): string {
    return `${this.#folder}${String(begin).padStart(OFFSET_DIGITS, '0')}.jsonl`;
  }

  #otherHistory(): RunFolderError {
    const { path } = this.#options;
    return new RunFolderError(
      'other-run',
      `${path} differs from the journal in ${this.#store.location}, because the run was continued in another folder: give --resume with an empty folder to continue from the store`,
    );
  }

  #gap(begin: number): RunFolderError {
    const missing = `the lines before ${this.#store.location}/${this.#keyOf(begin)} are missing`;
    return new RunFolderError(
      'damaged',
      `${missing}: restore them, or continue in the folder that has the journal`,
    );
  }
}

import { MemoryError } from './memory-error.ts';
import { memoryId } from './memory-id.ts';
import { withPauses } from './pauses.ts';
import { Segment, type SegmentName } from './segment.ts';

/** Bytes that another process may read until they are released. */
export interface LentBytes {
  readonly name: SegmentName;
  release(): void;
}

/**
 * What a process hands to others of its machine through memory. The first time that it does not work is the last: from
 * then on it is shared with nobody, and everything goes by gRPC.
 */
export class SharedMemory {
  readonly #onOff: (reason: string) => void;
  readonly #free: Segment[] = [];
  #id: string;

  /**
   * @param options.isWanted false: it is shared with nobody from the beginning
   * @param options.onOff is told why it does not work, once
   */
  constructor(options: { readonly isWanted?: boolean; readonly onOff: (reason: string) => void }) {
    this.#onOff = options.onOff;
    this.#id = options.isWanted === false ? '' : memoryId();
  }

  /** Equal to another process' where each can read what the other lends; '' while nothing is shared. */
  get id(): string {
    return this.#id;
  }

  isSharedWith(peerId: string): boolean {
    return this.#id !== '' && peerId === this.#id;
  }

  turnOff(reason: string): void {
    if (this.#id === '') return;
    this.close();
    this.#onOff(reason);
  }

  /** @returns undefined where it is not shared with that process, or does not work any more */
  async lendTo(peerId: string, bytes: Uint8Array): Promise<LentBytes | undefined> {
    if (!this.isSharedWith(peerId)) return undefined;
    let segment: Segment | undefined;
    try {
      segment = this.#free.pop() ?? new Segment();
      await withPauses(segment.write(bytes));
      return { name: segment.name, release: this.#releaseOf(segment) };
    } catch (error) {
      segment?.close();
      if (!(error instanceof MemoryError)) throw error;
      this.turnOff(error.message);
      return undefined;
    }
  }

  /** What is lent is closed when it is released. */
  close(): void {
    this.#id = '';
    for (const segment of this.#free.splice(0)) segment.close();
  }

  #releaseOf(segment: Segment): () => void {
    return () => {
      if (this.#id === '') segment.close();
      else this.#free.push(segment);
    };
  }
}

import { crc32 } from 'node:zlib';
import { type EncodedChunk, encodeData, encodedSizeOf } from '@atelier/proto/encoded-data';
import { atOnce } from '@atelier/shared/memory/pauses';
import { Segment, type SegmentName } from '@atelier/shared/memory/segment';

/** A copy of one version, for everybody who pulls it. */
export interface PublishedBytes {
  readonly version: number;
  readonly numBytes: number;
  /** Of the messages' bytes. */
  readonly crc32: number;
  /** Where they lie in memory that the puller can read; null: the messages carry them. */
  readonly segment: SegmentName | null;
  readonly messages: readonly EncodedChunk[];
  /** To be called before reading on after an `await`. @returns what ends it, to be called once */
  read(): () => void;
}

/** Bytes as messages, serialised once. */
export class EncodedBytes implements PublishedBytes {
  readonly version: number;
  readonly numBytes: number;
  readonly crc32: number;
  readonly segment: null = null;
  readonly messages: readonly EncodedChunk[];
  readonly #arena: Buffer;
  #numReaders = 0;

  /**
   * @param live is copied before this returns
   * @param former is followed by this; what it lies in is used again when nobody reads it
   */
  constructor(version: number, live: Uint8Array, former?: EncodedBytes) {
    this.version = version;
    this.numBytes = live.byteLength;
    const size = encodedSizeOf(live.byteLength);
    const isFree = former !== undefined && former.#numReaders === 0 && former.#arena.byteLength === size;
    this.#arena = isFree ? former.#arena : Buffer.allocUnsafeSlow(size);
    let checksum = 0;
    this.messages = encodeData(live, this.#arena, (chunk) => {
      checksum = crc32(chunk, checksum);
    });
    this.crc32 = checksum;
  }

  read(): () => void {
    this.#numReaders += 1;
    return () => {
      this.#numReaders -= 1;
    };
  }
}

/**
 * Bytes in a segment. Versions lie in two of them by turns: a puller has the time of a whole version to read the one before,
 * and who takes longer, because it stood still, finds by the stamp that it has read something else.
 */
export class SharedBytes implements PublishedBytes {
  readonly version: number;
  readonly numBytes: number;
  readonly crc32: number = 0;
  readonly segment: SegmentName;
  readonly messages: readonly EncodedChunk[] = [];
  readonly #segment: Segment;
  /** Of the version before: for the next. */
  readonly #other: Segment;

  /**
   * @param live is copied before this returns
   * @param former is followed by this, and not to be used any more
   * @throws MemoryError 'no-room'
   */
  constructor(version: number, live: Uint8Array, former?: SharedBytes) {
    this.version = version;
    this.numBytes = live.byteLength;
    this.#segment = former === undefined ? new Segment() : former.#other;
    this.#other = former === undefined ? new Segment() : former.#segment;
    atOnce(this.#segment.write(live));
    this.segment = this.#segment.name;
  }

  read(): () => void {
    return () => {};
  }

  close(): void {
    this.#segment.close();
    this.#other.close();
  }
}

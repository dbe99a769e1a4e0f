import { crc32 } from 'node:zlib';
import { type EncodedChunk, encodeData, encodedSizeOf } from '@atelier/proto/encoded-data';

/** Bytes of one version as messages, serialised once for everybody who pulls them. */
export class PublishedBytes {
  readonly version: number;
  readonly numBytes: number;
  readonly crc32: number;
  readonly messages: readonly EncodedChunk[];
  readonly #arena: Buffer;
  #numReaders = 0;

  /**
   * @param live is copied before this returns
   * @param former is followed by this; what it lies in is used again when nobody reads it
   */
  constructor(version: number, live: Uint8Array, former?: PublishedBytes) {
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

  /** To be called before reading on after an `await`. @returns what ends it, to be called once */
  read(): () => void {
    this.#numReaders += 1;
    return () => {
      this.#numReaders -= 1;
    };
  }
}

/**
 * What pulls send. A commit may happen in the middle of a slow pull, and its stream must go on with the version it began
 * with: so the first pull of a version takes a copy, and every pull of that version shares it (and its checksum). The
 * memory of a version that nobody reads any more is that of the next: fresh pages cost more than the copy.
 */
export class PublishedParameters {
  readonly #byName = new Map<string, PublishedBytes>();

  /**
   * @param name of the group, or of the difference to its last version
   * @param read gives the live bytes, which are copied before this returns
   */
  of(name: string, version: number, read: () => Uint8Array): PublishedBytes {
    const known = this.#byName.get(name);
    if (known?.version === version) return known;
    const published = new PublishedBytes(version, read(), known);
    this.#byName.set(name, published);
    return published;
  }
}

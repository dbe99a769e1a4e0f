/** Where the picture of an example lies in its shard. */
export interface ExampleRecord {
  /** Bytes from the shard's beginning to the picture's. */
  readonly offset: number;
  /** Bytes of the picture. */
  readonly length: number;
  /** Of the picture's bytes. */
  readonly crc32: number;
}

const RECORD_BYTES = 12;

/**
 * index.bin: for each example, in order, offset, length and CRC-32 as little-endian 32-bit numbers; then, where the
 * examples are labelled, a byte for each label.
 */
export function encodeRecords(records: readonly ExampleRecord[], labels: Uint8Array | undefined): Uint8Array {
  const bytes = new Uint8Array(recordsBytes(records.length, labels !== undefined));
  const view = new DataView(bytes.buffer);
  for (const [i, { offset, length, crc32 }] of records.entries()) {
    view.setUint32(i * RECORD_BYTES, offset, true);
    view.setUint32(i * RECORD_BYTES + 4, length, true);
    view.setUint32(i * RECORD_BYTES + 8, crc32, true);
  }
  if (labels !== undefined) bytes.set(labels, records.length * RECORD_BYTES);
  return bytes;
}

export function recordsBytes(numExamples: number, isLabelled: boolean): number {
  return numExamples * (RECORD_BYTES + (isLabelled ? 1 : 0));
}

/** A view of index.bin: any example's record without looking at the others. */
export class ExampleRecords {
  readonly #view: DataView;
  readonly labels: Uint8Array | undefined;

  /** @param bytes of the length that `recordsBytes` tells */
  constructor(bytes: Uint8Array, numExamples: number, isLabelled: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.labels = isLabelled ? bytes.subarray(numExamples * RECORD_BYTES) : undefined;
  }

  at(example: number): ExampleRecord {
    const at = example * RECORD_BYTES;
    return {
      offset: this.#view.getUint32(at, true),
      length: this.#view.getUint32(at + 4, true),
      crc32: this.#view.getUint32(at + 8, true),
    };
  }
}

import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { MemoryError } from './memory-error.ts';
import { SEGMENT_FOLDER } from './memory-id.ts';

/** What was written to a segment once, as it is named to another process. All are natural numbers. */
export interface SegmentName {
  readonly pid: number;
  readonly fd: number;
  /** By it a number that was given to another process or file meanwhile is known. */
  readonly inode: number;
  /** How many times it was written to: by it something that was written later is known. */
  readonly stamp: number;
}

/** The stamp has a page of its own, so that what follows begins with one. */
const HEAD_BYTES = 4096;
/** Written or read at once: then others may want to have their turn. */
const PIECE_BYTES = 8 * 2 ** 20;

let numCreated = 0;

/**
 * Memory that other processes can read: a file of the kernel's own memory without a name in any folder, so that nothing
 * of it is left when this process ends, however it ends.
 */
export class Segment {
  readonly #fd: number;
  readonly #inode: number;
  #stamp = 0;

  /** @throws MemoryError 'no-room' */
  constructor() {
    const path = `${SEGMENT_FOLDER}/atelier-${process.pid}-${numCreated++}`;
    try {
      const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      this.#fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      unlinkSync(path);
      this.#inode = fstatSync(this.#fd).ino;
    } catch (cause) {
      throw new MemoryError('no-room', `no file can be created in ${SEGMENT_FOLDER}: ${String(cause)}`, {
        cause,
      });
    }
  }

  /** Of what was written last. */
  get name(): SegmentName {
    return { pid: process.pid, fd: this.#fd, inode: this.#inode, stamp: this.#stamp };
  }

  /**
   * Puts bytes in the place of what was there before. It grows as it must.
   * @throws MemoryError 'no-room'
   */
  *write(bytes: Uint8Array): Generator<void, void, void> {
    this.#stamp += 1;
    // Before anything else: who still reads what was there finds another stamp after it.
    this.#writeAt(new Uint8Array(Float64Array.of(this.#stamp).buffer), 0);
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      if (at > 0) yield;
      this.#writeAt(bytes.subarray(at, at + PIECE_BYTES), HEAD_BYTES + at);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #writeAt(piece: Uint8Array, atByte: number): void {
    try {
      for (let done = 0; done < piece.byteLength; )
        done += writeSync(this.#fd, piece, done, piece.byteLength - done, atByte + done);
    } catch (cause) {
      throw new MemoryError(
        'no-room',
        `${SEGMENT_FOLDER} is full: ${String(cause)}. Give it more space (in containers: the shm size)`,
        { cause },
      );
    }
  }
}

/**
 * Reads what another process has written to a segment.
 * @param partAt where bytes [atByte, atByte + numBytes) are put; asked for again after each pause
 * @throws MemoryError 'unseen': the process is gone, is none that may be looked into, or the file is no such segment;
 * 'overwritten'
 */
export function* readSegment(
  name: SegmentName,
  numBytes: number,
  partAt: (atByte: number, numBytes: number) => Uint8Array,
): Generator<void, void, void> {
  const fd = openNamed(name, numBytes);
  try {
    for (let at = 0; at < numBytes; at += PIECE_BYTES) {
      if (at > 0) yield;
      readAt(fd, partAt(at, Math.min(PIECE_BYTES, numBytes - at)), HEAD_BYTES + at);
    }
    const stamp = new Float64Array(1);
    readAt(fd, new Uint8Array(stamp.buffer), 0);
    if (stamp[0] !== name.stamp)
      throw new MemoryError('overwritten', `stamp of the segment: got ${stamp[0]}, wanted ${name.stamp}`);
  } finally {
    closeSync(fd);
  }
}

/** Reads numbers from the beginning of a segment on. @throws MemoryError as `readSegment` */
export function readFloats(name: SegmentName, into: Float32Array): Generator<void, void, void> {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  return readSegment(name, bytes.byteLength, (at, size) => bytes.subarray(at, at + size));
}

/** Nothing is opened but what is written like a segment, is a file, and has no name: whatever the other side says. */
function openNamed({ pid, fd, inode }: SegmentName, numBytes: number): number {
  if (![pid, fd, inode].every((value) => Number.isSafeInteger(value) && value >= 0))
    throw new MemoryError(
      'unseen',
      `segment: got pid ${pid}, fd ${fd}, inode ${inode}, wanted natural numbers`,
    );
  const path = `/proc/${pid}/fd/${fd}`;
  let opened: number;
  try {
    // Should it be a pipe or a terminal, nobody waits for it.
    opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (cause) {
    throw new MemoryError('unseen', `${path} cannot be opened: ${String(cause)}`, { cause });
  }
  const found = fstatSync(opened);
  const isOurs = found.isFile() && found.nlink === 0 && found.uid === process.geteuid?.();
  const size = found.size - HEAD_BYTES;
  if (isOurs && found.ino === inode && size >= numBytes) return opened;
  closeSync(opened);
  throw new MemoryError(
    'unseen',
    `${path}: got a file of ${size} bytes, ${found.nlink} names and inode ${found.ino}, wanted a segment of ${numBytes} bytes, no name and inode ${inode}`,
  );
}

function readAt(fd: number, piece: Uint8Array, atByte: number): void {
  for (let done = 0; done < piece.byteLength; ) {
    const numRead = readSync(fd, piece, done, piece.byteLength - done, atByte + done);
    if (numRead === 0) throw new MemoryError('unseen', `the segment ends at byte ${atByte + done}`);
    done += numRead;
  }
}

import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { MemoryError } from './memory-error.ts';
import { SEGMENT_FOLDER } from './memory-id.ts';

/** How a segment is named to another process: an open file of this one. All are natural numbers. */
export interface SegmentName {
  readonly pid: number;
  readonly fd: number;
  /** By it a number that was given to another process or file meanwhile is known. */
  readonly inode: number;
}

/** Written or read at once: enough of the processor's cache to take the checksum from there. */
const PIECE_BYTES = 2 ** 20;
/** After so many bytes others may want to have their turn. */
const TURN_BYTES = 8 * PIECE_BYTES;

let numCreated = 0;

/**
 * Memory that other processes can read: a file of the kernel's own memory without a name in any folder, so that nothing
 * of it is left when this process ends, however it ends.
 */
export class Segment {
  readonly name: SegmentName;

  /** @throws MemoryError 'no-room' */
  constructor() {
    const path = `${SEGMENT_FOLDER}/atelier-${process.pid}-${numCreated++}`;
    try {
      const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      unlinkSync(path);
      this.name = { pid: process.pid, fd, inode: fstatSync(fd).ino };
    } catch (cause) {
      throw new MemoryError('no-room', `no file can be made in ${SEGMENT_FOLDER}: ${String(cause)}`, {
        cause,
      });
    }
  }

  /**
   * Puts bytes in the place of what was there before. It grows as it must.
   * @returns their CRC-32
   * @throws MemoryError 'no-room'
   */
  *write(bytes: Uint8Array): Generator<void, number, void> {
    let checksum = 0;
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      if (at > 0 && at % TURN_BYTES === 0) yield;
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      this.#writePiece(piece, at);
      checksum = crc32(piece, checksum);
    }
    return checksum;
  }

  close(): void {
    closeSync(this.name.fd);
  }

  #writePiece(piece: Uint8Array, atByte: number): void {
    try {
      for (let done = 0; done < piece.byteLength; )
        done += writeSync(this.name.fd, piece, done, piece.byteLength - done, atByte + done);
    } catch (cause) {
      throw new MemoryError(
        'no-room',
        `${SEGMENT_FOLDER} takes no more: ${String(cause)}. Give it more room (containers: shm size)`,
        { cause },
      );
    }
  }
}

/**
 * Reads what another process has written to a segment, unless it has written something else since: that shows in the
 * checksum.
 * @param partAt where bytes [atByte, atByte + numBytes) are put; asked for again after each pause
 * @returns the CRC-32 of what was read
 * @throws MemoryError 'unseen': the process is gone, is none that may be looked into, or the file is no such segment
 */
export function* readSegment(
  name: SegmentName,
  numBytes: number,
  partAt: (atByte: number, numBytes: number) => Uint8Array,
): Generator<void, number, void> {
  const fd = openNamed(name, numBytes);
  try {
    let checksum = 0;
    for (let at = 0; at < numBytes; at += PIECE_BYTES) {
      if (at > 0 && at % TURN_BYTES === 0) yield;
      const piece = partAt(at, Math.min(PIECE_BYTES, numBytes - at));
      readPiece(fd, piece, at);
      checksum = crc32(piece, checksum);
    }
    return checksum;
  } finally {
    closeSync(fd);
  }
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
  if (isOurs && found.ino === inode && found.size >= numBytes) return opened;
  closeSync(opened);
  throw new MemoryError(
    'unseen',
    `${path}: got a file of ${found.size} bytes, ${found.nlink} names and inode ${found.ino}, wanted a segment of ${numBytes} bytes, no name and inode ${inode}`,
  );
}

function readPiece(fd: number, piece: Uint8Array, atByte: number): void {
  for (let done = 0; done < piece.byteLength; ) {
    const numRead = readSync(fd, piece, done, piece.byteLength - done, atByte + done);
    if (numRead === 0) throw new MemoryError('unseen', `the segment ends at byte ${atByte + done}`);
    done += numRead;
  }
}

import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, readlinkSync } from 'node:fs';
import { ignore } from '../async/ignoring.ts';

/** Kept in memory by the kernel, and never written to a disk. */
export const SEGMENT_FOLDER = '/dev/shm';

/**
 * Equal in two processes that may open each other's files by way of /proc: those of one boot, one namespace of process
 * ids and one user. '' where that is not so, which is equal to nobody's: elsewhere than on Linux, or without a folder to
 * put segments in. A container of its own has a namespace of its own.
 */
export function memoryId(): string {
  try {
    accessSync(SEGMENT_FOLDER, constants.W_OK | constants.X_OK);
    const facts = [
      readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlinkSync('/proc/self/ns/pid'),
      readlinkSync('/proc/self/ns/user'),
      process.geteuid?.(),
      process.getegid?.(),
    ];
    return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
  } catch (error) {
    ignore(error, 'not Linux, or not allowed: nothing goes through memory');
    return '';
  }
}

import type { Disk } from '../disk.ts';
import { systemDisk } from '../system-disk.ts';

const PIECE_BYTES = 3;

/** The disk of this machine, which gives what is read in pieces of three bytes. */
export const haltingDisk: Disk = {
  ...systemDisk,
  readSync: (file, into, offset, length, position) =>
    systemDisk.readSync(file, into, offset, Math.min(length, PIECE_BYTES), position),
  open: async (path, flags) => {
    const file = await systemDisk.open(path, flags);
    return {
      ...{ stat: () => file.stat(), writeFile: (content) => file.writeFile(content) },
      ...{ sync: () => file.sync(), close: () => file.close() },
      read: (into, offset, length, position) =>
        file.read(into, offset, Math.min(length, PIECE_BYTES), position),
    };
  },
};

/** An open file. The methods mean what those of Node's FileHandle mean. */
export interface OpenFile {
  stat(): Promise<{ readonly size: number }>;
  /** May read less than was asked for: only nothing at all means the end. */
  read(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  /** At the end of a file that was opened with 'a+', from the beginning of one that was opened with 'w' or 'wx'. */
  writeFile(content: string | Uint8Array): Promise<void>;
  /** Resolves when what is in the file outlives a power failure. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What a run is kept with. Production has the disk of this machine (system-disk.ts); the simulation has one that is
 * slow, refuses, fills up and loses power. Each method does what the one of Node with that name does, and fails with its
 * errors: their `code` is ENOENT, ENOSPC, EIO and so on.
 */
export interface Disk {
  /**
   * A log, the journal or the events, is written synchronously: once the call returns, the operating system has the line
   * and a killed process does not lose it, and nothing else of this process has run meanwhile. It costs microseconds.
   */
  mkdirSync(path: string, options: { readonly recursive: true }): unknown;
  openSync(path: string, flags: 'a+'): number;
  fstatSync(file: number): { readonly size: number };
  readSync(file: number, into: Uint8Array, offset: number, length: number, position: number): number;
  /** May write less than was given: a disk that is nearly full does. */
  writeSync(file: number, bytes: Uint8Array, offset: number, length: number): number;
  ftruncateSync(file: number, size: number): void;
  closeSync(file: number): void;
  /** Resolves when what is in the file outlives a power failure. */
  fsync(file: number): Promise<void>;

  /** Everything else waits for the disk without holding up the run. */
  open(path: string, flags: 'r' | 'a+' | 'w' | 'wx'): Promise<OpenFile>;
  readFile(path: string, options?: { readonly signal?: AbortSignal }): Promise<Buffer>;
  /** The text of a file, as it is read. */
  readText(path: string): AsyncIterable<string>;
  /** @returns the first folder that had to be made */
  mkdir(path: string, options: { readonly recursive: true }): Promise<string | undefined>;
  readdir(path: string): Promise<string[]>;
  /** Every file below a folder, by its path from there. */
  listFiles(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** What is not there need not be removed. */
  rm(path: string, options?: { readonly recursive: true }): Promise<void>;
  /** Fails where the folder is not empty. */
  rmdir(path: string): Promise<void>;
}

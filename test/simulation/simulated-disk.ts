import { posix } from 'node:path';
import type { Disk, OpenFile } from '@atelier/shared/disk/disk';
import { type DiskFile, type DiskImage, errorOf } from './disk-image.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { SeededChance } from './seeded-chance.ts';
import { DeadProcessError, type SimulatedProcess } from './simulated-process.ts';

export interface SimulatedDiskModules {
  readonly image: DiskImage;
  readonly process: SimulatedProcess;
  readonly chance: SeededChance;
  readonly faults: FaultPlan;
}

/** A disk as a process has it: slow, and refusing, full, or the death of the process in the middle of a write. */
export class SimulatedDisk implements Disk {
  readonly #image: DiskImage;
  readonly #process: SimulatedProcess;
  readonly #chance: SeededChance;
  readonly #faults: FaultPlan;
  readonly #open: DiskFile[] = [];

  constructor({ image, process, chance, faults }: SimulatedDiskModules) {
    this.#image = image;
    this.#process = process;
    this.#chance = chance;
    this.#faults = faults;
  }

  mkdirSync(path: string): void {
    this.#expectAlive();
    this.#image.mkdir(path);
  }

  openSync(path: string): number {
    this.#expectAlive();
    this.#mayRefuse(path);
    return this.#open.push(this.#image.open(path, 'a+')) - 1;
  }

  fstatSync(file: number): { readonly size: number } {
    this.#expectAlive();
    return { size: this.#fileOf(file).bytes.length };
  }

  readSync(file: number, into: Uint8Array, offset: number, length: number, position: number): number {
    this.#expectAlive();
    return readInto(this.#fileOf(file), into, offset, length, position);
  }

  writeSync(file: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#expectAlive();
    const target = this.#fileOf(file);
    this.#mayRefuse('a write');
    const part = bytes.subarray(offset, offset + length);
    const { fits, error } = this.#roomFor(part.length);
    if (error !== undefined && fits === 0) throw error;
    target.append(part.subarray(0, fits));
    return fits;
  }

  ftruncateSync(file: number, size: number): void {
    this.#expectAlive();
    this.#fileOf(file).truncate(size);
  }

  closeSync(file: number): void {
    this.#fileOf(file);
  }

  fsync(file: number): Promise<void> {
    const target = this.#fileOf(file);
    return this.#later('fsync', () => this.#image.sync(target));
  }

  open(path: string, flags: 'r' | 'a+' | 'w' | 'wx'): Promise<OpenFile> {
    return this.#later(path, () => this.#opened(path, this.#image.open(path, flags)));
  }

  readFile(path: string): Promise<Buffer> {
    return this.#later(path, () => Buffer.from(this.#image.open(path, 'r').bytes));
  }

  async *readText(path: string): AsyncIterable<string> {
    yield (await this.readFile(path)).toString('utf8');
  }

  mkdir(path: string): Promise<string | undefined> {
    return this.#later(path, () => this.#image.mkdir(path));
  }

  readdir(path: string): Promise<string[]> {
    return this.#later(path, () => this.#image.readdir(path));
  }

  listFiles(path: string): Promise<string[]> {
    return this.#later(path, () => this.#image.listFiles(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later(to, () => this.#image.rename(from, to));
  }

  rm(path: string, options?: { readonly recursive: true }): Promise<void> {
    return this.#later(path, () => this.#image.remove(path, options?.recursive === true));
  }

  rmdir(path: string): Promise<void> {
    return this.#later(path, () => this.#image.rmdir(path));
  }

  #opened(path: string, file: DiskFile): OpenFile {
    return {
      stat: () => this.#later(path, () => ({ size: file.bytes.length })),
      read: (into, offset, length, position) =>
        this.#later(path, () => ({ bytesRead: readInto(file, into, offset, length, position) })),
      writeFile: (content) => this.#write(path, file, Buffer.from(content)),
      sync: () => this.#later(path, () => this.#image.sync(file)),
      close: () => this.#later(path, () => undefined, { isSafe: true }),
    };
  }

  /** A part at first, and the rest later: whoever dies or finds no room between has written a part. */
  async #write(path: string, file: DiskFile, content: Buffer): Promise<void> {
    const cut = this.#chance.between(0, content.length);
    await this.#later(path, () => file.append(content.subarray(0, cut)));
    await this.#later(path, () => {
      const { fits, error } = this.#roomFor(content.length - cut);
      file.append(content.subarray(cut, cut + fits));
      if (error !== undefined) throw error;
    });
  }

  /** How many bytes of so many are written, and what is said of the others. */
  #roomFor(length: number): { readonly fits: number; readonly error?: Error } {
    if (this.#faults.strikes('diesWriting')) {
      this.#process.kill();
      return { fits: this.#chance.between(0, length), error: new DeadProcessError() };
    }
    if (!this.#faults.strikes('diskIsFull')) return { fits: length };
    return { fits: this.#chance.between(0, length), error: errorOf('ENOSPC', 'no space left on device') };
  }

  #later<Result>(
    path: string,
    act: () => Result,
    { isSafe = false }: { readonly isSafe?: boolean } = {},
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#process.later(this.#chance.between(0, this.#faults.rates.maxDiskMs), () => {
        try {
          if (!isSafe) this.#mayRefuse(path);
          resolve(act());
        } catch (error) {
          // A dead process hears of nothing.
          if (this.#process.isAlive) reject(error);
        }
      });
    });
  }

  #mayRefuse(path: string): void {
    if (this.#faults.strikes('diskRefuses')) throw errorOf('EIO', `i/o error, ${posix.basename(path)}`);
  }

  #fileOf(file: number): DiskFile {
    const found = this.#open[file];
    if (found === undefined) throw errorOf('EBADF', `bad file descriptor ${file}`);
    return found;
  }

  #expectAlive(): void {
    if (!this.#process.isAlive) throw new DeadProcessError();
  }
}

function readInto(
  file: DiskFile,
  into: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  const part = file.bytes.subarray(position, position + length);
  into.set(part, offset);
  return part.length;
}

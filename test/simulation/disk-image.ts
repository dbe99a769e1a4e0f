import { posix } from 'node:path';
import type { SeededChance } from './seeded-chance.ts';

/** The bytes of a file, by whatever names it has. */
export class DiskFile {
  #bytes = Buffer.alloc(0);
  /** What outlives a power failure. */
  #synced = Buffer.alloc(0);

  get bytes(): Buffer {
    return this.#bytes;
  }

  append(part: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, part]);
  }

  truncate(size: number): void {
    this.#bytes = this.#bytes.subarray(0, size);
  }

  sync(): void {
    this.#synced = this.#bytes;
  }

  /** What was appended since it was synced is there in part. What was cut off may be there again. */
  losePower(chance: SeededChance): void {
    const isLonger = this.#bytes.subarray(0, this.#synced.length).equals(this.#synced);
    if (isLonger) this.truncate(chance.between(this.#synced.length, this.#bytes.length));
    else if (chance.happens(0.5)) this.#bytes = this.#synced;
    this.sync();
  }
}

const FOLDER = 'folder';
type Names = Map<string, DiskFile | typeof FOLDER>;

/**
 * What a disk holds. Names are written to a log in the order of what was done to them, as journaling file systems (ext4, XFS)
 * do: whoever syncs anything syncs the names, and a power failure leaves a beginning of the rest. Each method fails as the
 * one of Node does.
 */
export class DiskImage {
  #names: Names = new Map([['/', FOLDER]]);
  /** The names after each change since the last sync; the first is what was synced. */
  #log: Names[] = [this.#names];

  open(path: string, flags: 'r' | 'a+' | 'w' | 'wx'): DiskFile {
    const found = this.#names.get(path);
    if (found === FOLDER && flags === 'r') return new DiskFile();
    if (found === FOLDER) throw errorOf('EISDIR', path);
    if (flags === 'wx' && found !== undefined) throw errorOf('EEXIST', path);
    if (flags === 'w') found?.truncate(0);
    if (found !== undefined) return found;
    if (flags === 'r') throw missing(path);
    this.#expectFolder(posix.dirname(path));
    const file = new DiskFile();
    this.#change((names) => names.set(path, file));
    return file;
  }

  mkdir(path: string): string | undefined {
    let first: string | undefined;
    for (let folder = path; this.#names.get(folder) !== FOLDER; folder = posix.dirname(folder))
      first = folder;
    if (first === undefined) return undefined;
    this.#change((names) => {
      for (let folder = path; names.get(folder) !== FOLDER; folder = posix.dirname(folder))
        names.set(folder, FOLDER);
    });
    return first;
  }

  readdir(path: string): string[] {
    this.#expectFolder(path);
    return [...this.#names.keys()]
      .filter((name) => name !== path && posix.dirname(name) === path)
      .map((name) => posix.basename(name));
  }

  listFiles(path: string): string[] {
    this.#expectFolder(path);
    return [...this.#names]
      .filter(([name, what]) => what !== FOLDER && isBelow(name, path))
      .map(([name]) => posix.relative(path, name));
  }

  rename(from: string, to: string): void {
    const file = this.#names.get(from);
    if (file === undefined) throw missing(from);
    this.#expectFolder(posix.dirname(to));
    this.#change((names) => {
      names.delete(from);
      names.set(to, file);
    });
  }

  remove(path: string, isRecursive: boolean): void {
    const gone = [...this.#names.keys()].filter(
      (name) => name === path || (isRecursive && isBelow(name, path)),
    );
    if (gone.length === 0) return;
    this.#change((names) => {
      for (const name of gone) names.delete(name);
    });
  }

  rmdir(path: string): void {
    if (this.readdir(path).length > 0) throw errorOf('ENOTEMPTY', path);
    this.#change((names) => names.delete(path));
  }

  /** The file's bytes and, with them, all names. */
  sync(file: DiskFile): void {
    file.sync();
    this.#log = [this.#names];
  }

  /** As one that is replaced. */
  loseAll(): void {
    this.#names = new Map([['/', FOLDER]]);
    this.#log = [this.#names];
  }

  losePower(chance: SeededChance): void {
    const kept = this.#log[chance.between(0, this.#log.length - 1)] ?? this.#names;
    for (const file of new Set(kept.values())) if (file !== FOLDER) file.losePower(chance);
    this.#names = kept;
    this.#log = [kept];
  }

  #change(change: (names: Names) => void): void {
    const names: Names = new Map(this.#names);
    change(names);
    this.#names = names;
    this.#log.push(names);
  }

  #expectFolder(path: string): void {
    if (this.#names.get(path) !== FOLDER) throw missing(path);
  }
}

function isBelow(name: string, folder: string): boolean {
  return name.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function missing(path: string): Error {
  return errorOf('ENOENT', `no such file or directory, '${path}'`);
}

export function errorOf(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

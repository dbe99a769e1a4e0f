// @ts-check
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders that hold results, not sources. */
const RESULTS = new Set(['node_modules', 'dist', 'generated', 'coverage', '.git']);

/**
 * One digest over files and folders, by their names and bytes: equal digests mean that nothing has changed.
 *
 * @param {string} root
 * @param {readonly string[]} paths relative to root; folders count with all below them but what is built
 * @param {string} [salt] something else that must be equal, such as a version
 * @returns {string}
 */
export function digestOf(root, paths, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const path of [...paths].sort()) addToDigest(hash, root, path);
  return hash.digest('hex');
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} root
 * @param {string} path
 */
function addToDigest(hash, root, path) {
  const absolute = join(root, path);
  const info = statSync(absolute, { throwIfNoEntry: false });
  if (info?.isDirectory()) {
    for (const name of readdirSync(absolute).sort()) {
      if (!RESULTS.has(name)) addToDigest(hash, root, join(path, name));
    }
  } else if (info?.isFile()) {
    // The length keeps two files apart whose bytes together would read the same.
    hash.update(`${path}\0${info.size}\0`).update(readFileSync(absolute));
  }
}

/** Remembers under which digest something was last made. */
export class Stamp {
  #file;

  /**
   * @param {string} folder
   * @param {string} name
   */
  constructor(folder, name) {
    this.#file = join(folder, `${name}.stamp`);
  }

  /** @param {string} digest */
  isOf(digest) {
    try {
      return readFileSync(this.#file, 'utf8') === digest;
    } catch (error) {
      // Never made, or its folder was emptied.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  /** @param {string} digest */
  write(digest) {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, digest);
  }
}

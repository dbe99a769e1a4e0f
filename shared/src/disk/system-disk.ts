import {
  closeSync,
  createReadStream,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Disk } from './disk.ts';

/** The disk of this machine. */
export const systemDisk: Disk = {
  ...{ mkdirSync, openSync, fstatSync, readSync, writeSync, ftruncateSync, closeSync },
  ...{ open, mkdir, rename, rmdir },
  fsync: promisify(fsync),
  readFile: (path, options = {}) => readFile(path, options),
  readText: (path) => createReadStream(path, 'utf8'),
  readdir: (path) => readdir(path),
  listFiles: async (path) => {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => relative(path, join(parentPath, name)));
  },
  rm: (path, options) => rm(path, { ...options, force: true }),
};

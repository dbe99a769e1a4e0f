// @ts-check

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ifThere } from './if-there.mjs';

/**
 * What an engine's folder says about itself. It is written last: a folder without it is no engine.
 *
 * @typedef {object} EngineRecord
 * @property {string} tensorflow version of the native library
 * @property {import('./wheels.mjs').EngineVariant} variant
 * @property {string} source 'wheel' or 'package': which way it came
 * @property {string} compiledWith Node's version at compile time
 * @property {readonly RecordedFile[]} files
 *
 * @typedef {object} RecordedFile
 * @property {string} path relative to the engine's folder
 * @property {number} sizeBytes
 * @property {number} mtimeMs
 * @property {string} sha256
 */

export const RECORD_NAME = 'engine.json';

/**
 * Hashes every library of an engine and writes its record.
 *
 * @param {string} folder
 * @param {Omit<EngineRecord, 'files'>} about
 */
export async function writeEngineRecord(folder, about) {
  /** @type {RecordedFile[]} */
  const files = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === RECORD_NAME || entry.name.endsWith('.h')) continue;
    const absolute = join(entry.parentPath, entry.name);
    const info = await stat(absolute);
    files.push({
      path: absolute.slice(folder.length + 1),
      sizeBytes: info.size,
      mtimeMs: info.mtimeMs,
      sha256: await sha256Of(absolute),
    });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const record = join(folder, RECORD_NAME);
  await writeFile(`${record}.new`, `${JSON.stringify({ ...about, files }, null, 2)}\n`);
  await rename(`${record}.new`, record);
}

/**
 * @param {string} folder
 * @returns {EngineRecord | undefined} none when the folder is not a finished engine
 */
export function readEngineRecord(folder) {
  const record = join(folder, RECORD_NAME);
  if (!existsSync(record)) return undefined;
  try {
    return JSON.parse(readFileSync(record, 'utf8'));
  } catch (error) {
    // Half of a record vouches for nothing; the engine is installed again.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * What is wrong with an engine's files.
 *
 * @param {string} folder
 * @param {'quick' | 'full'} depth quick compares sizes and times, full the SHA-256 of every file
 * @returns {Promise<string[]>} empty when all is well
 */
export async function engineDamage(folder, depth) {
  const record = readEngineRecord(folder);
  if (record === undefined) return [`${folder} holds no finished engine`];
  const damage = [];
  for (const file of record.files) {
    const absolute = join(folder, file.path);
    const info = await ifThere(stat(absolute));
    if (info === undefined) damage.push(`${file.path} is missing`);
    else if (info.size !== file.sizeBytes)
      damage.push(`${file.path} has ${info.size} bytes instead of ${file.sizeBytes}`);
    else if (depth === 'full' || info.mtimeMs !== file.mtimeMs) {
      // A changed time alone (a copied or restored cache) is no damage: the hash decides.
      if ((await sha256Of(absolute)) !== file.sha256)
        damage.push(`${file.path} has another SHA-256 than when it was installed`);
    }
  }
  return damage;
}

/** @param {string} file */
async function sha256Of(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

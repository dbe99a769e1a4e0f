// @ts-check

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ifThere } from './if-there.mjs';

const POLL_MS = 300;

/**
 * Runs `work` while no other process does. Two installers would both be right, since each builds in a folder of its
 * own and the first rename wins; the lock spares the second one the download.
 *
 * @template T
 * @param {string} lockFile
 * @param {(status: string) => void} report hears that another process is waited for
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withInstallLock(lockFile, report, work) {
  await mkdir(dirname(lockFile), { recursive: true });
  while (!(await tryTake(lockFile))) {
    const holder = Number(await ifThere(readFile(lockFile, 'utf8')));
    if (holder > 0 && !isAlive(holder)) {
      await rm(lockFile, { force: true });
      continue;
    }
    report(`waiting for another installation (process ${holder || 'unknown'}, lock ${lockFile})`);
    await wait(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

/** @param {string} lockFile */
async function tryTake(lockFile) {
  try {
    await writeFile(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but it lives.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

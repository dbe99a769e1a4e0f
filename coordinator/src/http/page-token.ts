import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '@atelier/shared/disk/if-there';
import { HttpError } from './http-error.ts';

/** In the run's folder: readable by its owner only, who is thereby the one who may steer the run from the page. */
const TOKEN_FILE = 'page-token';
/** What a bearer token may be made of, and no shorter than cannot be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,}=*$/;

/**
 * What the page's buttons need: the given one, which is not written down, or one that is kept with the run, so that
 * an open page goes on working when the coordinator is started again.
 * @throws HttpError 'bad-token'
 */
export async function openPageToken(folder: string, given: string | undefined): Promise<string> {
  const path = join(folder, TOKEN_FILE);
  if (given !== undefined) {
    if (!TOKEN.test(given)) {
      throw new HttpError(
        'bad-token',
        'ATELIER_PAGE_TOKEN: wanted at least 16 characters out of A-Z, a-z, 0-9 and ._~+/-',
      );
    }
    await rm(path, { force: true });
    return given;
  }
  const kept = await ifThere(readFile(path, 'utf8'));
  if (kept) return kept;
  const token = randomBytes(24).toString('base64url');
  await writeFile(path, token, { mode: 0o600 });
  return token;
}

/** In a time that tells nothing about how much of it was right. */
export function isSameToken(wanted: string, got: string): boolean {
  return timingSafeEqual(digestOf(wanted), digestOf(got));
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

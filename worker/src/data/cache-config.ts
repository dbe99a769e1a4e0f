import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where prepared data is kept. */
export function dataCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), 'data');
}

/** Where the networks that measure pictures are kept once they are trained. */
export function evaluatorCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), 'evaluators');
}

/** Where all that is kept from one process to the next lies: $ATELIER_CACHE, else the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env['ATELIER_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'atelier');
}

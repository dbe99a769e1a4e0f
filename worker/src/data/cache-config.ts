import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where prepared data is kept: $ATELIER_CACHE, else the user's cache folder. */
export function dataCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const root = env['ATELIER_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'atelier');
  return join(root, 'data');
}

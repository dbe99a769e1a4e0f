import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring } from '@atelier/shared/async/ignoring';
import { readCoordinatorFile } from './find-coordinator.ts';

/** What the page's buttons need, given from outside. Without it the coordinator makes one and keeps it with the run. */
export function givenPageToken(): string | undefined {
  return process.env['ATELIER_PAGE_TOKEN'] || undefined;
}

/**
 * Where a browser on this machine finds the page of the run; undefined while no coordinator serves it. The token
 * stands behind the #: a browser sends that to nobody.
 */
export async function pageAddress(folder: string): Promise<string | undefined> {
  const http = (await readCoordinatorFile(folder))?.http;
  if (http === undefined) return undefined;
  const reachable = http.replace(/^(0\.0\.0\.0|\[::\]):/, '127.0.0.1:');
  const token =
    givenPageToken() ??
    (await ignoring(
      readFile(join(folder, 'page-token'), 'utf8'),
      'without it the page shows the run, and asks for it',
    )) ??
    '';
  return `http://${reachable}/${token === '' ? '' : `#token=${encodeURIComponent(token)}`}`;
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { Cluster } from './cluster.ts';
import type { RunResult } from './run-result.ts';

/** What the small run comes to with one worker to whom nothing happens. Computed once, by whoever asks first. */
export async function undisturbed(): Promise<RunResult> {
  const kept = join(inject('sharedFolder'), 'undisturbed.json');
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as RunResult;
  await using cluster = await Cluster.start();
  cluster.startWorker('alone');
  const result = await cluster.finish();
  writeFileSync(kept, JSON.stringify(result));
  return result;
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AtelierProcess } from '../harness/atelier-process.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/exact.yaml', import.meta.url));
let home = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'exact-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** @returns what it printed */
async function atelier(name: string, ...args: readonly string[]): Promise<string> {
  const logFile = join(home, `${name}.log`);
  await using command = new AtelierProcess({ name, args, logFile });
  const exit = await command.exited;
  if (exit.code !== 0) throw new Error(`exit code ${exit.code}\n${command.logTail()}`);
  return await readFile(logFile, 'utf8');
}

it('examples/exact.yaml prints one digest, trained by one, two or three workers', async () => {
  const digests: string[] = [];
  for (const numWorkers of [1, 2, 3]) {
    const run = join(home, `run-${numWorkers}`);
    await atelier(`train-${numWorkers}`, 'train', EXAMPLE, '--workers', String(numWorkers), '--out', run);
    digests.push(await atelier(`digest-${numWorkers}`, 'digest', run));
    expect(await atelier(`audit-${numWorkers}`, 'journal', 'audit', run)).toMatch(/^0 missing, 0 repeated\n/);
    await atelier(`verify-${numWorkers}`, 'checkpoints', 'verify', run);
  }
  expect(digests[0]).toMatch(/^[0-9a-f]{64}\n$/);
  expect(digests).toEqual(digests.map(() => digests[0]));
});

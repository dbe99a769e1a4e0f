import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Child } from './child.ts';
import { lastErrorIn } from './last-error.ts';

it('says in its log why it could not be started', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-child-'));
  const logFile = join(folder, 'logs', 'worker.log');
  const { execPath } = process;
  process.execPath = join(folder, 'no-node');
  try {
    const child = new Child({ role: 'worker', name: 'worker', args: [], logFile });
    expect(await child.exited).toMatchObject({ code: 1 });
    expect(await lastErrorIn(logFile)).toMatch(/no-node ENOENT/);
  } finally {
    process.execPath = execPath;
    await rm(folder, { recursive: true });
  }
});

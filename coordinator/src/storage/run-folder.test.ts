import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import type { Disk } from '@atelier/shared/disk/disk';
import { systemDisk } from '@atelier/shared/disk/system-disk';
import { systemClock } from '@atelier/shared/time/system-clock';
import { beforeEach, expect, it } from 'vitest';
import { RunFolder } from './run-folder.ts';

const config = runConfigSchema.parse({ iterations: 10, model: { module: 'm.ts' }, optimizers: {} });
const SYSTEM = { clock: systemClock, disk: systemDisk, newId: randomUUID };
let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'run-folder-'));
});

it('goes on with the same run when asked to, also with more iterations', async () => {
  const begun = await RunFolder.open(path, { config, resume: true }, SYSTEM);
  const resumed = await RunFolder.open(path, { config: { ...config, iterations: 20 }, resume: true }, SYSTEM);
  expect([begun.isResumed, resumed.isResumed]).toEqual([false, true]);
  expect(resumed.record.runId).toBe(begun.record.runId);
});

it('refuses a folder that holds a run unless told to resume, and says how', async () => {
  await RunFolder.open(path, { config, resume: false }, SYSTEM);
  await expect(RunFolder.open(path, { config, resume: false }, SYSTEM)).rejects.toMatchObject({
    code: 'not-empty',
    message: expect.stringContaining('--resume'),
  });
});

it('refuses to mix a run with files that are not its own', async () => {
  writeFileSync(join(path, 'thesis.txt'), '');
  await expect(RunFolder.open(path, { config, resume: true }, SYSTEM)).rejects.toMatchObject({
    code: 'not-empty',
  });
});

it('refuses a folder whose coordinator it cannot know: another may work on it', async () => {
  await RunFolder.open(path, { config, resume: false }, SYSTEM);
  const failing: Disk = {
    ...systemDisk,
    readFile: (file, options) =>
      file.endsWith('coordinator.json')
        ? Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }))
        : systemDisk.readFile(file, options),
  };
  await expect(
    RunFolder.open(path, { config, resume: true }, { ...SYSTEM, disk: failing }),
  ).rejects.toMatchObject({ code: 'EIO' });
});

it('names the field in which the config is another run', async () => {
  await RunFolder.open(path, { config, resume: false }, SYSTEM);
  await expect(
    RunFolder.open(path, { config: { ...config, seed: 7 }, resume: true }, SYSTEM),
  ).rejects.toMatchObject({
    code: 'other-config',
    message: expect.stringMatching(/^seed: the run in .* has 1, but the config has 7/),
  });
});

it('refuses a folder that a living coordinator works on, but not one that a killed one left', async () => {
  const folder = await RunFolder.open(path, { config, resume: false }, SYSTEM);
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  await folder.announce({ address: `127.0.0.1:${port}`, pid: 1, incarnation: 'i' });
  await expect(RunFolder.open(path, { config, resume: true }, SYSTEM)).rejects.toMatchObject({
    code: 'in-use',
  });
  await new Promise((resolve) => server.close(resolve));
  await expect(RunFolder.open(path, { config, resume: true }, SYSTEM)).resolves.toMatchObject({
    isResumed: true,
  });
});

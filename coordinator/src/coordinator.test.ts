import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { Coordinator } from './coordinator.ts';

const folder = mkdtempSync(join(tmpdir(), 'atelier-coordinator-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = runConfigSchema.parse({ iterations: 1, model: { preset: 'none' }, optimizers: {} });

it('ends a run that it is asked to stop before it listens', async () => {
  const log = pino({ level: 'silent' });
  const coordinator = new Coordinator({ config, folder: join(folder, 'run') }, { log });
  const started = coordinator.start();
  const stopped = coordinator.stop();
  await started;
  expect(await stopped).toEqual({ kind: 'stopped', step: 0 });
});

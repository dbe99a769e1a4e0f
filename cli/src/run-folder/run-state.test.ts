import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunConfigInput, runConfigSchema } from '@atelier/shared/config/run-config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRunState } from './run-state.ts';

const configOf = (changes: Partial<RunConfigInput> = {}) =>
  runConfigSchema.parse({ iterations: 10, model: { preset: 'dcgan-32' }, optimizers: {}, ...changes });

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function putRun(...events: string[]): Promise<void> {
  await writeFile(join(folder, 'run.json'), '{}');
  await writeFile(join(folder, 'config.json'), JSON.stringify(configOf()));
  await writeFile(
    join(folder, 'events.jsonl'),
    events.map((type) => `${JSON.stringify({ type })}\n`).join(''),
  );
}

describe('what a folder holds', () => {
  it('is nothing where it is not there, and where only logs are', async () => {
    expect(await readRunState(join(folder, 'no'), configOf())).toEqual({ kind: 'none' });
    await writeFile(join(folder, 'config.json'), '{}');
    expect(await readRunState(folder, configOf())).toEqual({ kind: 'none' });
  });

  it('is foreign where other files are', async () => {
    await writeFile(join(folder, 'thesis.tex'), '');
    expect(await readRunState(folder, configOf())).toEqual({ kind: 'foreign' });
  });

  it('is a complete run after its last event, until more iterations are asked for', async () => {
    await putRun('run.started', 'step.committed', 'run.completed', 'sample.rendered');
    expect(await readRunState(folder, configOf())).toMatchObject({ kind: 'completed' });
    expect(await readRunState(folder, configOf({ iterations: 11 }))).toMatchObject({ kind: 'unfinished' });
  });

  it('is unfinished when it was started again, and tells what makes the config another', async () => {
    await putRun('run.completed', 'run.started');
    expect(await readRunState(folder, configOf())).toMatchObject({
      kind: 'unfinished',
      changedField: undefined,
    });
    expect(await readRunState(folder, configOf({ seed: 5 }))).toMatchObject({ changedField: 'seed' });
    expect(await readRunState(folder, configOf({ samples: { rows: 2 } }))).toMatchObject({
      changedField: undefined,
    });
  });

  it('is in use while the process that announced itself lives', async () => {
    await putRun('run.started');
    const announce = (pid: number) =>
      writeFile(join(folder, 'coordinator.json'), JSON.stringify({ address: 'a:1', pid }));
    await announce(process.pid);
    expect(await readRunState(folder, configOf())).toEqual({ kind: 'in-use', pid: process.pid });
    await announce(2 ** 22 + 1);
    expect(await readRunState(folder, configOf())).toMatchObject({ kind: 'unfinished' });
  });
});

import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { JournalEntry } from './journal-entry.ts';
import { readProgress } from './journal-progress.ts';
import { JournalWriter } from './journal-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'progress-'));
afterAll(() => rmSync(folder, { recursive: true }));

const committed = (step: number): JournalEntry => ({
  ...{ kind: 'committed', time: new Date(step * 1000).toISOString(), step, iteration: step, phase: 'p' },
  ...{ group: 'g', examples: {}, nodes: { '2:0': 'worker-with-a-long-name' }, losses: { loss: 1 } },
  ...{ gradientNorm: 1, seconds: 0.1 },
});

it('is the furthest step of all lives since the one to go on from, over any number of blocks', async () => {
  const path = join(folder, 'journal.jsonl');
  const writer = JournalWriter.open(path);
  for (let step = 0; step < 2000; step += 1) writer.append(committed(step));
  const [time, incarnation] = [new Date(0).toISOString(), 'second'];
  writer.append({ kind: 'restarted', time, incarnation, fromStep: 500, reason: 'resume' });
  for (let step = 500; step < 900; step += 1) writer.append(committed(step));
  await writer.close();
  expect(await readProgress(path, 500)).toEqual({ numCommitted: 2000, lastMs: 899_000 });
  appendFileSync(path, '{"kind":"comm');
  expect(await readProgress(path, 900)).toEqual({ numCommitted: 900, lastMs: 899_000 });
});

it('is nothing for a run that has not begun', async () => {
  const path = join(folder, 'empty.jsonl');
  await JournalWriter.open(path).close();
  expect(await readProgress(path, 0)).toEqual({ numCommitted: 0, lastMs: undefined });
});

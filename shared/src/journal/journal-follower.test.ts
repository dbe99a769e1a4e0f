import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JournalFollower } from './journal-follower.ts';

function line(fromStep: number): string {
  const entry = { kind: 'restarted', time: '', incarnation: 'é', fromStep, reason: 'resume' };
  return `${JSON.stringify(entry)}\n`;
}

async function stepsOf(follower: JournalFollower): Promise<number[]> {
  const steps: number[] = [];
  for await (const entry of follower.read()) if (entry.kind === 'restarted') steps.push(entry.fromStep);
  return steps;
}

describe('a journal that is followed', () => {
  it('gives each entry once, the unfinished one when it is finished, and names the line that is broken', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'journal.jsonl');
    const follower = new JournalFollower(path);
    // More than one block of what is read at once.
    const many = Array.from({ length: 2_000 }, (_, step) => step);
    writeFileSync(path, many.map(line).join(''));
    expect(await stepsOf(follower)).toEqual(many);
    const [head, tail] = [line(7).slice(0, 20), line(7).slice(20)];
    appendFileSync(path, head);
    expect(await stepsOf(follower)).toEqual([]);
    appendFileSync(path, `${tail}${line(8)}`);
    expect(await stepsOf(follower)).toEqual([7, 8]);
    appendFileSync(path, 'broken\n');
    await expect(stepsOf(follower)).rejects.toMatchObject({
      code: 'broken-line',
      message: expect.stringContaining('journal.jsonl:2003'),
    });
  });

  it('says that there is none', async () => {
    const follower = new JournalFollower('/nowhere/journal.jsonl');
    await expect(stepsOf(follower)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

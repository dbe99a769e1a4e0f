import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { playLife } from './life/life-scenario.ts';
import { parseLifeEvent, textOfLifeEvent } from './life/life-text.ts';
import { playRound } from './round/round-scenario.ts';
import { parseEvent, textOfEvent } from './round/round-text.ts';

/** UPDATE_SCENARIOS=1 writes the present answers into the files: read the difference before you commit it. */
const isUpdate = process.env['UPDATE_SCENARIOS'] === '1';

/** The text that a line becomes when it is read and written again. */
const rewrittenRoundEvent = (line: string) => {
  const { event, now } = parseEvent(line);
  return textOfEvent(event, now);
};
const rewrittenLifeEvent = (line: string) => {
  const { event, now } = parseLifeEvent(line);
  return textOfLifeEvent(event, now);
};

describe.each([
  { machine: 'round', play: playRound, rewritten: rewrittenRoundEvent },
  { machine: 'life', play: playLife, rewritten: rewrittenLifeEvent },
])('the $machine', ({ machine, play, rewritten }) => {
  const folder = join(import.meta.dirname, machine);
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

  it.each(files.map((name) => [name.replace('.txt', '').replaceAll('-', ' '), name]))('%s', (_, name) => {
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    const played = play(text);
    if (isUpdate) writeFileSync(file, played);
    else expect(played).toBe(text);
  });

  it('has scenarios', () => {
    expect(files.length).toBeGreaterThan(9);
  });

  it('reads back the events that it writes', () => {
    for (const name of files) {
      for (const [line] of readFileSync(join(folder, name), 'utf8').matchAll(/^@.*$/gm))
        expect(rewritten(line)).toBe(line);
    }
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseEvent, textOfEvent } from './round-text.ts';
import { playScenario } from './scenario.ts';

/** UPDATE_SCENARIOS=1 writes the present answers into the files: read the difference before you commit it. */
const isUpdate = process.env['UPDATE_SCENARIOS'] === '1';
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

describe('the round', () => {
  it.each(files.map((name) => [name.replace('.txt', '').replaceAll('-', ' '), name]))('%s', (_, name) => {
    const file = `${import.meta.dirname}/${name}`;
    const text = readFileSync(file, 'utf8');
    const played = playScenario(text);
    if (isUpdate) writeFileSync(file, played);
    else expect(played).toBe(text);
  });

  it('has scenarios', () => {
    expect(files.length).toBeGreaterThan(9);
  });

  it('reads back the events that it writes', () => {
    const events = files.flatMap(
      (name) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8').match(/^@.*$/gm) ?? [],
    );
    for (const line of events) {
      const { event, now } = parseEvent(line);
      expect(textOfEvent(event, now)).toBe(line);
    }
  });
});

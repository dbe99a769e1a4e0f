import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { EvaluatedEntry } from './journal-entry.ts';
import { parseJournalLine } from './journal-reader.ts';

/** As the writer writes it. */
const BEGINNING = '{"kind":"evaluated",';

/**
 * What was measured of the run, oldest first. The lines of steps, of which there may be millions, are looked at and not
 * parsed; one that a kill cut short is passed over.
 * @throws JournalError 'broken-line'; what the file's stream throws
 */
export async function readEvaluations(path: string): Promise<EvaluatedEntry[]> {
  const entries: EvaluatedEntry[] = [];
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
    if (!line.startsWith(BEGINNING) || !line.endsWith('}')) continue;
    const entry = parseJournalLine(line, path);
    if (entry.kind === 'evaluated') entries.push(entry);
  }
  return entries;
}

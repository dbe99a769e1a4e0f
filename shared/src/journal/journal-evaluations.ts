import type { Disk } from '../disk/disk.ts';
import { systemDisk } from '../disk/system-disk.ts';
import type { EvaluatedEntry } from './journal-entry.ts';
import { parseJournalLine, wholeLinesOf } from './journal-reader.ts';

/** As the writer writes it. */
const BEGINNING = '{"kind":"evaluated",';

/**
 * What was measured of the run, oldest first. The lines of steps, of which there may be millions, are looked at and not
 * parsed; one that a kill cut short is passed over.
 * @throws JournalError 'broken-line' | 'unavailable'
 */
export async function readEvaluations(path: string, disk: Disk = systemDisk): Promise<EvaluatedEntry[]> {
  const entries: EvaluatedEntry[] = [];
  for await (const line of wholeLinesOf(path, disk)) {
    if (!line.startsWith(BEGINNING) || !line.endsWith('}')) continue;
    const entry = parseJournalLine(line, path);
    if (entry.kind === 'evaluated') entries.push(entry);
  }
  return entries;
}

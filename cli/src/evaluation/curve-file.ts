import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';

const entrySchema = z.strictObject({
  step: z.number().int().nonnegative(),
  iteration: z.number().int().nonnegative(),
  /** Of the parameters that were measured. */
  digest: z.string(),
  values: z.record(z.string(), z.number()),
  barsMet: z.number().int().nonnegative(),
  /** 0: all bars are met. */
  shortfall: z.number().nonnegative(),
  /** Better than all that were measured before it. */
  isBest: z.boolean(),
});
/** One checkpoint, measured. */
export type CurveEntry = z.output<typeof entrySchema>;

/** What was measured of a run while it was trained: a line a checkpoint. A line without its end was never whole. */
export async function readCurve(path: string): Promise<CurveEntry[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new CommandError('failure', `${path} cannot be read: ${String(error)}`, { cause: error });
  });
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      try {
        return entrySchema.parse(JSON.parse(line));
      } catch (cause) {
        throw new CommandError('failure', `${path}:${i + 1} is no entry: move the file away and begin anew`, {
          cause,
        });
      }
    });
}

export async function appendToCurve(path: string, entry: CurveEntry): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, `${JSON.stringify(entry)}\n`);
}

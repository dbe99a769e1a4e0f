import { readFile } from 'node:fs/promises';
import { ignoring } from '@atelier/shared/async/ignoring';
import { parsedJson } from '@atelier/shared/text/parsed-json';
import { z } from 'zod';

const ERROR_LEVEL = 50;
const lineSchema = z.object({
  level: z.number().min(ERROR_LEVEL),
  msg: z.string().default(''),
  err: z.object({ message: z.string() }).optional(),
});

/** What a child said last in its log before it ended: its newest error, else its newest line. */
export async function lastErrorIn(logFile: string): Promise<string | undefined> {
  const lines = ((await ignoring(readFile(logFile, 'utf8'), 'the caller names the log to look into')) ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  for (const line of lines.toReversed()) {
    const parsed = lineSchema.safeParse(parsedJson(line));
    if (parsed.success) return [parsed.data.msg, parsed.data.err?.message].filter(Boolean).join(': ');
  }
  const last = lines.at(-1);
  return last?.startsWith('{') ? undefined : last;
}

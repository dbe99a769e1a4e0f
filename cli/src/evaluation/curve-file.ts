import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '@atelier/shared/errors/error-code';
import { type JudgedEvaluation, judgedEvaluationSchema } from '@atelier/shared/evaluation/evaluation';
import { CommandError } from '../terminal/command-error.ts';

/** What was measured of a run while it was trained: a line a checkpoint. A line without its end was never whole. */
export async function readCurve(path: string): Promise<JudgedEvaluation[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw new CommandError('failure', `${path} cannot be read: ${String(error)}`, { cause: error });
  });
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      try {
        return judgedEvaluationSchema.parse(JSON.parse(line));
      } catch (cause) {
        throw new CommandError(
          'failure',
          `${path}:${i + 1} is not an entry of the curve: move the file away and start again`,
          {
            cause,
          },
        );
      }
    });
}

export async function appendToCurve(path: string, entry: JudgedEvaluation): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, `${JSON.stringify(entry)}\n`);
}

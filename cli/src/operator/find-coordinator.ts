import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ignoring } from '@atelier/shared/async/ignoring';
import { ifThere } from '@atelier/shared/disk/if-there';
import { hasCode } from '@atelier/shared/errors/error-code';
import { z } from 'zod';
import { CommandError } from '../terminal/command-error.ts';

/** Where new runs are put and the newest one is looked for. */
export const RUNS_FOLDER = 'runs';

const addressSchema = z.object({
  address: z.string().min(1),
  http: z.string().optional(),
  pid: z.number().int(),
});
export type CoordinatorFile = z.infer<typeof addressSchema>;

export interface RunLocator {
  readonly run?: string | undefined;
  readonly coordinator?: string | undefined;
}

/** The address of --coordinator, of the run folder --run, or of the newest run under ./runs. */
export async function findCoordinator(choice: RunLocator): Promise<string> {
  if (choice.coordinator !== undefined) return choice.coordinator;
  const folder = await findRun(choice.run);
  const file = await readCoordinatorFile(folder);
  if (file === undefined) {
    throw new CommandError(
      'failure',
      `no coordinator is running for ${folder}: start one with atelier train CONFIG --out ${folder} --resume, or name a running one with --run DIR or --coordinator HOST:PORT`,
    );
  }
  return file.address;
}

/** The run folder given, or the newest one under ./runs. */
export async function findRun(given: string | undefined): Promise<string> {
  if (given !== undefined) {
    const holdsRun = await ifThere(stat(join(given, 'run.json')));
    if (holdsRun === undefined)
      throw new CommandError(
        'usage',
        `${resolve(given)} is not the folder of a run, because it has no run.json: check the path`,
      );
    return resolve(given);
  }
  const names = (await ifThere(readdir(RUNS_FOLDER))) ?? [];
  const dated = await Promise.all(
    names.map(async (name) => {
      const folder = resolve(RUNS_FOLDER, name);
      const record = await ignoring(
        stat(join(folder, 'config.json')),
        'what cannot be looked into is no run of ours',
      );
      return { folder, changedMs: record?.mtimeMs ?? -1 };
    }),
  );
  const newest = dated.filter(({ changedMs }) => changedMs >= 0).sort((a, b) => b.changedMs - a.changedMs)[0];
  if (newest === undefined) {
    throw new CommandError(
      'usage',
      `there is no run under ./${RUNS_FOLDER}: start one with atelier train CONFIG, or name the folder of a run`,
    );
  }
  return newest.folder;
}

/** What coordinator.json says; `undefined` when there is none. */
export async function readCoordinatorFile(folder: string): Promise<CoordinatorFile | undefined> {
  const text = await ifThere(readFile(join(folder, 'coordinator.json'), 'utf8'));
  if (text === undefined) return undefined;
  const parsed = addressSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is there, though it may not be signalled.
    return hasCode(error, 'EPERM');
  }
}

import { CheckpointError } from '@atelier/shared/checkpoint/checkpoint-error';
import {
  type ListedCheckpoint,
  listCheckpoints,
  readManifest,
  verifyCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import { LocalStore } from '@atelier/shared/checkpoint/local-store';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { findRun } from '../operator/find-coordinator.ts';
import { printResult, table } from '../output.ts';
import { examples } from './run-options.ts';

interface Row {
  readonly step: number;
  readonly key: string;
  readonly bytes: number;
  readonly digest: string;
  /** Empty when all is well. */
  readonly problem: string;
}

export function checkpointsCommand(): Command {
  const command = new Command('checkpoints').description('list or verify the checkpoints of a run');
  command
    .command('ls')
    .description('list them, newest first')
    .argument('[dir]', "the run's folder (default: the newest run under ./runs)")
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('atelier checkpoints ls runs/demo'))
    .action(async (dir: string | undefined, options: { readonly json?: boolean }) => {
      const rows = await rowsOf(await findRun(dir), readManifest);
      printResult(options.json, rows, () => textOf(rows));
    });
  command
    .command('verify')
    .description(
      'read every byte of every checkpoint and check it against its manifest; exit code 1 if one is damaged',
    )
    .argument('[dir]', "the run's folder (default: the newest run under ./runs)")
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('atelier checkpoints verify runs/demo'))
    .action(async (dir: string | undefined, options: { readonly json?: boolean }) => {
      const rows = await rowsOf(await findRun(dir), verifyCheckpoint);
      printResult(options.json, rows, () => textOf(rows));
      const numDamaged = rows.filter(({ problem }) => problem !== '').length;
      if (numDamaged > 0)
        throw new CommandError('failure', `${numDamaged} of ${rows.length} checkpoints cannot be used`);
    });
  return command;
}

async function rowsOf(folder: string, read: typeof readManifest): Promise<Row[]> {
  const store = new LocalStore(folder);
  return Promise.all((await listCheckpoints(store)).map((listed) => rowOf(store, listed, read)));
}

async function rowOf(
  store: LocalStore,
  { step, key }: ListedCheckpoint,
  read: typeof readManifest,
): Promise<Row> {
  try {
    const { files, parametersDigest } = await read(store, step);
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { step, key, bytes, digest: parametersDigest, problem: '' };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return { step, key, bytes: 0, digest: '', problem: error.message };
  }
}

function textOf(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no checkpoints';
  return table([
    ['STEP', 'SIZE', 'DIGEST', 'STATE', 'FOLDER'],
    ...rows.map(({ step, key, bytes, digest, problem }) => [
      String(step),
      `${(bytes / 1e6).toFixed(1)} MB`,
      digest.slice(0, 16),
      problem === '' ? 'good' : problem,
      key,
    ]),
  ]);
}

import { pipeline } from 'node:stream/promises';
import { CheckpointError } from '@atelier/shared/checkpoint/checkpoint-error';
import {
  type ListedCheckpoint,
  listCheckpoints,
  readManifest,
  verifyCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import { archiveOf } from '@atelier/shared/checkpoint/run-archive';
import type { ObjectStore } from '@atelier/shared/store/object-store';
import { Command } from 'commander';
import { newestCheckpoint, openCheckpointPlaces, RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { CommandError } from '../terminal/command-error.ts';
import { printResult, table } from '../terminal/output.ts';
import { examples } from './run-options.ts';

interface Row {
  readonly step: number;
  /** Of its store. */
  readonly location: string;
  readonly key: string;
  readonly bytes: number;
  readonly digest: string;
  /** Empty when all is well. */
  readonly problem: string;
}

export function checkpointsCommand(): Command {
  const command = new Command('checkpoints').description('list, verify or export the checkpoints of a run');
  command
    .command('ls')
    .description('list the checkpoints, newest first')
    .argument('[run]', RUN_PLACE)
    .option('--json', 'print JSON')
    .addHelpText('after', examples('atelier checkpoints ls runs/demo'))
    .action(async (run: string | undefined, options: { readonly json?: boolean }) => {
      const rows = await rowsOf(run, readManifest);
      printResult(options.json, rows, () => textOf(rows));
    });
  command
    .command('verify')
    .description('read every checkpoint and compare it with its manifest; exit with code 1 if one is damaged')
    .argument('[run]', RUN_PLACE)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('atelier checkpoints verify runs/demo', 'atelier checkpoints verify s3://bucket/prefix/demo'),
    )
    .action(async (run: string | undefined, options: { readonly json?: boolean }) => {
      const rows = await rowsOf(run, verifyCheckpoint);
      printResult(options.json, rows, () => textOf(rows));
      const numDamaged = rows.filter(({ problem }) => problem !== '').length;
      if (numDamaged > 0)
        throw new CommandError(
          'failure',
          `${numDamaged} of ${rows.length} checkpoints are damaged: a resumed run uses the newest undamaged one`,
        );
    });
  command
    .command('export')
    .description('write the newest undamaged checkpoint to stdout, as a tar archive of a run folder')
    .argument('[run]', RUN_PLACE)
    .addHelpText(
      'after',
      examples(
        'atelier checkpoints export s3://bucket/prefix/demo | tar --extract --one-top-level=runs/demo',
      ),
    )
    .action(exportNewest);
  return command;
}

async function exportNewest(run: string | undefined): Promise<void> {
  if (process.stdout.isTTY)
    throw new CommandError(
      'usage',
      'a tar archive cannot be shown in a terminal: pipe it into tar, or redirect it to a file',
    );
  const checkpoints = await openCheckpointPlaces(run);
  const newest = await newestCheckpoint(checkpoints);
  const store = checkpoints.stores.find(({ location }) => location === newest.location);
  if (store === undefined) throw new Error(`no store is at ${newest.location}`);
  await pipeline(archiveOf(newest, store), process.stdout, { end: false });
}

/** Newest first. One at a time: a checkpoint may be as large as the memory allows. */
async function rowsOf(run: string | undefined, read: typeof readManifest): Promise<Row[]> {
  const rows: Row[] = [];
  for (const store of (await openCheckpointPlaces(run)).stores) {
    for (const listed of await listCheckpoints(store)) rows.push(await rowOf(store, listed, read));
  }
  return rows.sort((a, b) => b.step - a.step);
}

async function rowOf(
  store: ObjectStore,
  { step, key }: ListedCheckpoint,
  read: typeof readManifest,
): Promise<Row> {
  const place = { step, location: store.location, key };
  try {
    const { files, parametersDigest } = await read(store, step);
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { ...place, bytes, digest: parametersDigest, problem: '' };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return { ...place, bytes: 0, digest: '', problem: error.message };
  }
}

function textOf(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no checkpoints';
  return table([
    ['STEP', 'SIZE', 'DIGEST', 'STATE', 'PLACE'],
    ...rows.map(({ step, location, key, bytes, digest, problem }) => [
      String(step),
      `${(bytes / 1e6).toFixed(1)} MB`,
      digest.slice(0, 16),
      problem === '' ? 'good' : problem,
      `${location}/${key}`,
    ]),
  ]);
}

import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ignoring } from '@atelier/shared/async/ignoring';
import { type LoadedCheckpoint, loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { ifThere } from '@atelier/shared/disk/if-there';
import { readEvaluations } from '@atelier/shared/journal/journal-evaluations';
import { isS3Url } from '@atelier/shared/store/s3-connection';
import type { ClusterOutcome } from '../cluster/local-cluster.ts';
import { standingText } from '../evaluation/metric-words.ts';
import { inWords } from '../progress/duration.ts';
import { openCheckpointPlaces } from '../run-folder/checkpoint-places.ts';

export interface EndedRun {
  readonly configPath: string;
  readonly folder: string;
  readonly config: RunConfig;
  readonly seconds: number;
}

/** What the run came to, where it is, and what one may do next. */
export async function summaryOf(
  outcome: ClusterOutcome,
  { configPath, folder, config, seconds }: EndedRun,
): Promise<string> {
  const newest = await ignoring(
    loadNewestGood((await openCheckpointPlaces(folder)).stores),
    'the run has said where its last checkpoint is: a store that is away takes nothing of that',
  );
  const checkpoint = newest?.checkpoint;
  const samples = ((await ifThere(readdir(join(folder, 'samples')))) ?? []).sort();
  const newestSample = samples.at(-1);
  const from = shortened(folder);
  const lines: [string, string | undefined][] = [
    ['sample grid', newestSample && join(from, 'samples', newestSample)],
    ['checkpoint', checkpoint && `${placeOf(checkpoint)}  (step ${checkpoint.manifest.step})`],
    ['best', await bestOf(folder, config)],
    ['digest', checkpoint?.manifest.parametersDigest],
    ['journal', join(from, 'journal.jsonl')],
    ['logs', join(from, 'logs')],
  ];
  const next =
    outcome.kind === 'completed'
      ? [
          isStylizing(checkpoint?.manifest.definition.phases ?? [])
            ? `atelier stylize --run ${from} --content PICTURES --style PICTURES --out grid.png`
            : `atelier sample --run ${from} --rows 12 --columns 12`,
          `atelier journal audit ${from}`,
        ]
      : [`atelier train ${configPath} --out ${from} --resume`];
  return [
    '',
    `${config.name}: ${outcome.kind} after ${inWords(seconds)}`,
    ...lines.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(12)}${value}`])),
    'next:',
    ...next.map((command) => `  npx ${command}`),
  ].join('\n');
}

/** Which checkpoint is kept as the best, where the run is evaluated. */
async function bestOf(
  folder: string,
  { checkpoint, evaluate, name }: RunConfig,
): Promise<string | undefined> {
  if (evaluate.everyIterations === 0) return undefined;
  const evaluations = await ignoring(
    readEvaluations(join(folder, 'journal.jsonl')),
    'the run is over, and its coordinator has told of a journal that cannot be read',
  );
  const best = evaluations?.findLast(({ isBest }) => isBest);
  if (best === undefined) return undefined;
  const place = isS3Url(checkpoint.store)
    ? `${checkpoint.store.replace(/\/$/, '')}/${name}/best`
    : join(shortened(folder), 'best');
  return `${place}  (iteration ${best.iteration}: ${standingText(best)})`;
}

function placeOf({ location, key }: LoadedCheckpoint): string {
  return isS3Url(location) ? `${location}/${key}` : join(shortened(location), key);
}

/** From here, where that is shorter. */
function shortened(folder: string): string {
  const from = relative('.', folder);
  return from.startsWith('..') ? folder : from;
}

/** Who paints one picture in the style of another reads both in every phase; who paints from noise has phases without. */
export function isStylizing(phases: readonly { readonly reads: readonly string[] }[]): boolean {
  return phases.length > 0 && phases.every(({ reads }) => reads.length > 1);
}

import { CheckpointError } from '@atelier/shared/checkpoint/checkpoint-error';
import { MANIFEST } from '@atelier/shared/checkpoint/checkpoint-key';
import {
  listCheckpoints,
  loadNewestGood,
  readCheckpoint,
} from '@atelier/shared/checkpoint/checkpoint-reader';
import type { RunEvent } from '@atelier/shared/events/run-event';
import type { CommittedEntry, JournalEntry } from '@atelier/shared/journal/journal-entry';
import { RUN_FOLDER } from './coordinator-life.ts';
import type { DiskImage } from './disk-image.ts';
import type { BucketObjects } from './simulated-bucket.ts';
import { type UndisturbedStep, undisturbedRun } from './simulated-model.ts';
import { numStepsOf, type SimulatedRun } from './simulated-run.ts';
import { snapshotDigestOf } from './snapshot-digest.ts';
import { StillStore } from './still-store.ts';

/** Where what is kept of a run lies. */
export interface KeptRun {
  readonly image: DiskImage;
  readonly bucket: BucketObjects | undefined;
  /** Whether it must be all of a run. */
  readonly isComplete?: boolean;
}

/** What stands in a run's folder and store is true, whatever has happened. @throws Error that says what is not */
export async function checkKept(run: SimulatedRun, kept: KeptRun): Promise<void> {
  const steps = await undisturbedRun(run.config);
  const journal = checkJournal(kept, steps);
  checkEvents(kept, steps);
  await checkCheckpoints(kept, steps, journal);
  if (kept.isComplete === true) await checkComplete(run, kept, steps, journal);
}

/** @returns the committed steps, in their order */
function checkJournal(kept: KeptRun, steps: readonly UndisturbedStep[]): readonly CommittedEntry[] {
  let committed: CommittedEntry[] = [];
  for (const line of journalOf(kept)) {
    const entry = JSON.parse(line) as JournalEntry;
    if (entry.kind === 'restarted') {
      expectThat(
        entry.fromStep <= committed.length,
        `the journal goes on at ${entry.fromStep} after ${committed.length} steps`,
      );
      committed = committed.slice(0, entry.fromStep);
    }
    if (entry.kind !== 'committed') continue;
    expectThat(
      entry.step === committed.length,
      `the journal has step ${entry.step} after ${committed.length} steps`,
    );
    const wanted = steps[entry.step];
    const next = steps[entry.step + 1];
    const isTrue =
      entry.gradientNorm === wanted?.gradientNorm &&
      JSON.stringify(entry.losses) === JSON.stringify(wanted.losses) &&
      next !== undefined;
    expectThat(isTrue, `the journal tells of step ${entry.step} what was not: ${line}`);
    committed.push(entry);
  }
  return committed;
}

function checkEvents(kept: KeptRun, steps: readonly UndisturbedStep[]): void {
  let last = -1;
  for (const line of linesOf(kept.image, 'events.jsonl')) {
    const event = parsed(line);
    if (event === undefined) continue;
    expectThat(event.sequence > last, `event ${event.sequence} comes after ${last}`);
    last = event.sequence;
    if (event.type === 'step.committed') {
      const { losses } = steps[event.step] ?? {};
      for (const [name, value] of Object.entries(event.losses))
        expectThat(
          losses?.[name] === value || Object.values(losses ?? {}).includes(value),
          `an event tells of step ${event.step} what was not: ${line}`,
        );
    }
    if (event.type === 'run.completed')
      expectThat(event.step === steps.length - 1, `the run is called complete at step ${event.step}`);
  }
}

/** By its manifest, which no other checkpoint has: those that were found to hold the bits of an undisturbed run. */
const good = new WeakSet<Uint8Array>();

async function checkCheckpoints(
  kept: KeptRun,
  steps: readonly UndisturbedStep[],
  journal: readonly CommittedEntry[],
): Promise<void> {
  for (const store of storesOf(kept)) {
    for (const { step, key, hasManifest } of await listCheckpoints(store)) {
      if (!hasManifest) continue;
      const manifest = await store.get(`${key}${MANIFEST}`);
      if (!good.has(manifest) && !(await isGood(store, step, steps))) continue;
      good.add(manifest);
      expectThat(
        step <= journal.length,
        `the checkpoint of step ${step} outlives the journal, of ${journal.length} steps`,
      );
    }
  }
}

/** What is damaged is no checkpoint, and says so. */
async function isGood(store: StillStore, step: number, steps: readonly UndisturbedStep[]): Promise<boolean> {
  try {
    const digest = snapshotDigestOf((await readCheckpoint(store, step)).snapshot);
    expectThat(digest === steps[step]?.digest, `the checkpoint of step ${step} holds other bits`);
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return false;
  }
}

async function checkComplete(
  run: SimulatedRun,
  kept: KeptRun,
  steps: readonly UndisturbedStep[],
  journal: readonly CommittedEntry[],
): Promise<void> {
  const numSteps = numStepsOf(run);
  expectThat(journal.length === numSteps, `the journal has ${journal.length} of ${numSteps} steps`);
  const { checkpoint } = await loadNewestGood(storesOf(kept));
  expectThat(
    checkpoint?.snapshot.step === numSteps,
    `the newest checkpoint is of step ${checkpoint?.snapshot.step}`,
  );
  expectThat(
    checkpoint !== undefined && snapshotDigestOf(checkpoint.snapshot) === steps[numSteps]?.digest,
    'the run ended in other bits',
  );
}

function storesOf({ image, bucket }: KeptRun): StillStore[] {
  const files = new Map(
    image.listFiles('/').map((name) => [name, image.open(`/${name}`, 'r').bytes] as const),
  );
  const prefix = `${RUN_FOLDER.slice(1)}/`;
  const folder = new Map(
    [...files]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, bytes]) => [name.slice(prefix.length), bytes]),
  );
  const inFolder = new StillStore(folder);
  return bucket === undefined ? [inFolder] : [new StillStore(bucket), inFolder];
}

/** In the run's folder; or in the bucket, where the folder is on a new disk that has less of it. */
function journalOf({ image, bucket }: KeptRun): string[] {
  const archived = [...(bucket ?? [])]
    .filter(([key]) => key.startsWith('journal/'))
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([, bytes]) => Buffer.from(bytes).toString('utf8'))
    .join('');
  const inFolder = linesOf(image, 'journal.jsonl');
  const inBucket = wholeLinesIn(archived);
  return inBucket.length > inFolder.length ? inBucket : inFolder;
}

/** Whole lines. What a death in the middle of a write has left is no line. */
function linesOf(image: DiskImage, name: string): string[] {
  const path = `${RUN_FOLDER}/${name}`;
  const isThere = image.listFiles('/').includes(path.slice(1));
  if (!isThere) return [];
  return wholeLinesIn(image.open(path, 'r').bytes.toString('utf8'));
}

function wholeLinesIn(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

/** A line of events that was cut is closed by the next. */
function parsed(line: string): RunEvent | undefined {
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return undefined;
  }
}

function expectThat(holds: boolean, found: string): void {
  if (!holds) throw new Error(found);
}

import { join, resolve } from 'node:path';
import { changeableFields, changedFieldOf } from '@atelier/shared/config/changed-field';
import { keptConfigSchema } from '@atelier/shared/config/kept-config';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { Disk } from '@atelier/shared/disk/disk';
import type { EngineFingerprint } from '@atelier/shared/engine-fingerprint';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { type Clock, timeOf } from '@atelier/shared/time/clock';
import { assertUnattended, COORDINATOR_FILE, type CoordinatorAddress } from './coordinator-address.ts';
import { RunFolderError } from './run-folder-error.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import type { StoredRun } from './stored-run.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/**
 * A run's folder:
 * config.json, run.json (RunRecord), journal.jsonl, events.jsonl, checkpoints/, samples/iteration-000100.png, logs/,
 * page-token (see http/page-token.ts), and, while a coordinator works on it, coordinator.json (CoordinatorAddress).
 */
export class RunFolder {
  readonly path: string;
  /** Whether the run was begun in an earlier life. */
  readonly isResumed: boolean;
  /** Of the run's earlier life, if the folder has seen one. */
  readonly formerConfig: RunConfig | undefined;
  readonly #disk: Disk;
  #record: RunRecord;

  private constructor(
    path: string,
    disk: Disk,
    record: RunRecord,
    formerConfig: RunConfig | undefined,
    isResumed: boolean,
  ) {
    this.path = path;
    this.#disk = disk;
    this.formerConfig = formerConfig;
    this.isResumed = isResumed;
    this.#record = record;
  }

  /**
   * Begins a run in an empty (or new) folder, or goes on with the one that is there, or else in the store, if `resume` is
   * set.
   * @param options.stored the run whose checkpoints are in the store, if it is not this folder
   * @throws RunFolderError
   */
  static async open(
    path: string,
    options: {
      readonly config: RunConfig;
      readonly resume: boolean;
      readonly stored?: StoredRun | undefined;
    },
    { clock, disk, newId }: { readonly clock: Clock; readonly disk: Disk; readonly newId: () => string },
  ): Promise<RunFolder> {
    const { config, resume, stored } = options;
    const absolute = resolve(path);
    await disk.mkdir(absolute, { recursive: true });
    const entries = await disk.readdir(absolute);
    const holdsRun = entries.includes('run.json');
    if (holdsRun && !resume) {
      throw new RunFolderError(
        'not-empty',
        `${absolute} already contains a run: give --resume to continue it, or another folder`,
      );
    }
    if (!holdsRun && !entries.every(isHarmless)) {
      throw new RunFolderError(
        'not-empty',
        `${absolute} is not empty and contains no run: give an empty or a new folder`,
      );
    }
    const known = holdsRun ? await readRunRecord(join(absolute, 'run.json'), disk) : adoptedRecord(options);
    const formerConfig = holdsRun ? await readConfig(absolute, disk) : stored?.manifest?.config;
    if (formerConfig !== undefined) {
      assertSameRun(formerConfig, config, holdsRun ? absolute : (stored?.location ?? ''));
    }
    if (known !== undefined && stored !== undefined && stored.runId !== known.runId) {
      throw new RunFolderError(
        'other-run',
        `${stored.location} has checkpoints of run ${stored.runId}, but ${absolute} contains run ${known.runId}: change name or checkpoint.store in the config, or continue run ${stored.runId} in an empty folder`,
      );
    }
    await assertUnattended(absolute, disk);

    const record = known ?? { runId: newId(), createdAt: timeOf(clock) };
    const folder = new RunFolder(absolute, disk, record, formerConfig, known !== undefined);
    await writeFileAtomically(disk, folder.#in('config.json'), toJson(config));
    await folder.#writeRecord();
    for (const name of ['samples', 'logs']) await disk.mkdir(folder.#in(name), { recursive: true });
    return folder;
  }

  get record(): RunRecord {
    return this.#record;
  }

  get journal(): string {
    return this.#in('journal.jsonl');
  }

  get events(): string {
    return this.#in('events.jsonl');
  }

  /** How far the events were delivered to a server. */
  get delivered(): string {
    return this.#in('events-delivered.json');
  }

  get samples(): string {
    return this.#in('samples');
  }

  /** Keeps what the first worker has brought. */
  async remember(known: {
    readonly fingerprint: EngineFingerprint;
    readonly definition: RunDefinition;
  }): Promise<void> {
    this.#record = { ...this.#record, ...known };
    await this.#writeRecord();
  }

  /** @returns the picture's path in the folder */
  async keepSample(iteration: number, png: Uint8Array): Promise<string> {
    const relative = `samples/iteration-${String(iteration).padStart(6, '0')}.png`;
    await writeFileAtomically(this.#disk, this.#in(relative), png);
    return relative;
  }

  async announce(address: CoordinatorAddress): Promise<void> {
    await writeFileAtomically(this.#disk, this.#in(COORDINATOR_FILE), toJson(address));
  }

  /** After a clean end nobody is to be reached any more. */
  async withdraw(): Promise<void> {
    await this.#disk.rm(this.#in(COORDINATOR_FILE));
  }

  #in(name: string): string {
    return join(this.path, name);
  }

  async #writeRecord(): Promise<void> {
    await writeFileAtomically(this.#disk, this.#in('run.json'), toJson(this.#record));
  }
}

/** What a launcher, or a coordinator killed while it began, may have left in a folder that holds no run yet. */
function isHarmless(entry: string): boolean {
  return (
    entry === 'logs' || entry === 'config.json' || entry.endsWith('.unfinished') || entry.startsWith('.')
  );
}

/** Of a run that the folder knows nothing of. */
function adoptedRecord({
  resume,
  stored,
}: {
  readonly resume: boolean;
  readonly stored?: StoredRun | undefined;
}): RunRecord | undefined {
  if (stored === undefined) return undefined;
  const { location, runId, createdAt, manifest } = stored;
  if (!resume) {
    const progress = manifest === undefined ? 'without a checkpoint yet' : `at step ${manifest.step}`;
    throw new RunFolderError(
      'not-empty',
      `${location} already has checkpoints of run ${runId}, ${progress}: give --resume to continue it, or change name or checkpoint.store in the config`,
    );
  }
  return { runId, createdAt, fingerprint: manifest?.fingerprint, definition: manifest?.definition };
}

async function readConfig(folder: string, disk: Disk): Promise<RunConfig> {
  const path = join(folder, 'config.json');
  try {
    return keptConfigSchema.parse(JSON.parse((await disk.readFile(path)).toString('utf8')));
  } catch (error) {
    throw new RunFolderError(
      'damaged',
      `${path}, the config of the run, cannot be read: restore this file from a backup`,
      {
        cause: error,
      },
    );
  }
}

function assertSameRun(former: RunConfig, config: RunConfig, place: string): void {
  const changed = changedFieldOf(former, config);
  if (changed === undefined) return;
  throw new RunFolderError(
    'other-config',
    `${changed}: the run in ${place} has ${JSON.stringify(former[changed])}, but the config has ${JSON.stringify(config[changed])}: restore the value or start a new run; ` +
      `only ${[...changeableFields].join(', ')} may change when a run is resumed`,
  );
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

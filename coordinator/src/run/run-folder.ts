import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { changeableFields, changedFieldOf } from '@atelier/shared/config/changed-field';
import { type RunConfig, runConfigSchema } from '@atelier/shared/config/run-config';
import { type EngineFingerprint, engineFingerprintSchema } from '@atelier/shared/engine-fingerprint';
import { type RunDefinition, runDefinitionSchema } from '@atelier/shared/layout/run-definition';
import { z } from 'zod';
import type { StoredRun } from './stored-run.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** What a run is, beyond its config. Fingerprint and definition are known once the first worker has joined. */
export interface RunRecord {
  readonly runId: string;
  readonly createdAt: string;
  readonly fingerprint?: EngineFingerprint | undefined;
  readonly definition?: RunDefinition | undefined;
}

const CONNECT_MS = 500;

const runRecordSchema: z.ZodType<RunRecord> = z.strictObject({
  runId: z.string().min(1),
  createdAt: z.string(),
  fingerprint: engineFingerprintSchema.optional(),
  definition: runDefinitionSchema.optional(),
});

/** Where the coordinator that works on the folder can be reached. */
export interface CoordinatorAddress {
  readonly address: string;
  /** Of metrics, health and page. */
  readonly http?: string | undefined;
  readonly pid: number;
  readonly incarnation: string;
}

const coordinatorAddressSchema: z.ZodType<CoordinatorAddress> = z.strictObject({
  address: z.string(),
  http: z.string().optional(),
  pid: z.number().int(),
  incarnation: z.string(),
});

export type RunFolderErrorCode = 'not-empty' | 'in-use' | 'damaged' | 'other-config' | 'other-run';

export class RunFolderError extends Error {
  override readonly name = 'RunFolderError';
  readonly code: RunFolderErrorCode;

  constructor(code: RunFolderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

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
  #record: RunRecord;

  private constructor(
    path: string,
    record: RunRecord,
    formerConfig: RunConfig | undefined,
    isResumed: boolean,
  ) {
    this.path = path;
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
  ): Promise<RunFolder> {
    const { config, resume, stored } = options;
    const absolute = resolve(path);
    await mkdir(absolute, { recursive: true });
    const entries = await readdir(absolute);
    const holdsRun = entries.includes('run.json');
    if (holdsRun && !resume) {
      throw new RunFolderError(
        'not-empty',
        `${absolute} already holds a run: give --resume to go on with it, or another folder`,
      );
    }
    if (!holdsRun && !entries.every(isHarmless)) {
      throw new RunFolderError('not-empty', `${absolute} is not empty and holds no run: give another folder`);
    }
    const known = holdsRun ? await readRecord(absolute) : adoptedRecord(options);
    const formerConfig = holdsRun ? await readConfig(absolute) : stored?.manifest?.config;
    if (formerConfig !== undefined) {
      assertSameRun(formerConfig, config, holdsRun ? absolute : (stored?.location ?? ''));
    }
    if (known !== undefined && stored !== undefined && stored.runId !== known.runId) {
      throw new RunFolderError(
        'other-run',
        `${stored.location} keeps the run ${stored.runId}, ${absolute} is the run ${known.runId}: give another name or checkpoint.store in the config, or go on with the other in an empty folder`,
      );
    }
    await assertFree(absolute);

    const record = known ?? { runId: randomUUID(), createdAt: new Date().toISOString() };
    const folder = new RunFolder(absolute, record, formerConfig, known !== undefined);
    await writeFileAtomically(folder.#in('config.json'), toJson(config));
    await folder.#writeRecord();
    for (const name of ['samples', 'logs']) await mkdir(folder.#in(name), { recursive: true });
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
    await writeFileAtomically(this.#in(relative), png);
    return relative;
  }

  async announce(address: CoordinatorAddress): Promise<void> {
    await writeFileAtomically(this.#in('coordinator.json'), toJson(address));
  }

  /** After a clean end nobody is to be reached any more. */
  async withdraw(): Promise<void> {
    await rm(this.#in('coordinator.json'), { force: true });
  }

  #in(name: string): string {
    return join(this.path, name);
  }

  async #writeRecord(): Promise<void> {
    await writeFileAtomically(this.#in('run.json'), toJson(this.#record));
  }
}

/** What a launcher, or a coordinator killed while it began, may have left in a folder that holds no run yet. */
function isHarmless(entry: string): boolean {
  return (
    entry === 'logs' || entry === 'config.json' || entry.endsWith('.unfinished') || entry.startsWith('.')
  );
}

/** Two coordinators on one folder would write over each other. One that was killed has left its address behind. */
async function assertFree(folder: string): Promise<void> {
  const path = join(folder, 'coordinator.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const { address, pid } = readAddress(path, text);
  if (!(await isListening(address))) return;
  throw new RunFolderError(
    'in-use',
    `${folder}: the coordinator with pid ${pid} at ${address} works on it: stop that one first, or remove ${path} if it is another program`,
  );
}

function readAddress(path: string, text: string): CoordinatorAddress {
  try {
    return coordinatorAddressSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new RunFolderError(
      'damaged',
      `${path} cannot be read as a coordinator's address: remove it once no coordinator works on this folder`,
      { cause: error },
    );
  }
}

async function isListening(address: string): Promise<boolean> {
  const at = address.lastIndexOf(':');
  const socket = connect({
    host: address.slice(0, at),
    port: Number(address.slice(at + 1)),
    timeout: CONNECT_MS,
  });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function readRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, 'run.json');
  try {
    return runRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new RunFolderError(
      'damaged',
      `${path} cannot be read as a run's record: restore it, or begin anew in another folder`,
      { cause: error },
    );
  }
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
      `${location} already keeps the run ${runId}, ${progress}: give --resume to go on with it, or another name or checkpoint.store in the config`,
    );
  }
  return { runId, createdAt, fingerprint: manifest?.fingerprint, definition: manifest?.definition };
}

async function readConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, 'config.json');
  try {
    return runConfigSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new RunFolderError('damaged', `${path} cannot be read as the run's config: restore it`, {
      cause: error,
    });
  }
}

function assertSameRun(former: RunConfig, config: RunConfig, place: string): void {
  const changed = changedFieldOf(former, config);
  if (changed === undefined) return;
  throw new RunFolderError(
    'other-config',
    `${changed}: the run in ${place} has ${JSON.stringify(former[changed])}, the config given ${JSON.stringify(config[changed])}; ` +
      `only ${[...changeableFields].join(', ')} may change when a run goes on`,
  );
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

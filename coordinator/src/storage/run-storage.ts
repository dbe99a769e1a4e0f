import type { RunStores } from '@atelier/shared/checkpoint/run-stores';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { Disk } from '@atelier/shared/disk/disk';
import { JournalWriter } from '@atelier/shared/journal/journal-writer';
import type { ObjectStore } from '@atelier/shared/store/object-store';
import type { Clock } from '@atelier/shared/time/clock';
import type { Logger } from 'pino';
import { JournalArchive } from './journal-archive.ts';
import { RunFolder } from './run-folder.ts';
import { claimStore, readStoredRun } from './stored-run.ts';
import { whenAvailable } from './when-available.ts';

export interface RunStorageOptions {
  readonly config: RunConfig;
  readonly folder: string;
  readonly resume: boolean;
  /** How long a store that is away is waited for, in ms. */
  readonly storeWaitMs: number;
}

export interface RunStorageModules {
  readonly clock: Clock;
  readonly disk: Disk;
  /** An id that nobody else has. */
  readonly newId: () => string;
  readonly openStores: (config: RunConfig, folder: string) => RunStores;
  readonly log: Logger;
}

/** All that a run is kept in. */
export interface RunStorage {
  readonly folder: RunFolder;
  readonly journal: JournalWriter;
  /** Where checkpoints are saved. */
  readonly store: ObjectStore;
  /** For a last state that the store does not take. */
  readonly fallback: ObjectStore | undefined;
  /** Where checkpoints may lie, too: what did not get into the store, or the run had another before. */
  readonly elsewhere: readonly ObjectStore[];
  /** Of the journal, where the store is not the folder that has it. */
  readonly archive: JournalArchive | undefined;
}

/**
 * Opens everything, and finds out before anything is trained whether the store can be read and written and is this run's. A
 * folder that knows nothing of the run gets what it needs from the store.
 * @throws RunFolderError, ObjectStoreError, JournalError
 */
export async function openRunStorage(
  options: RunStorageOptions,
  modules: RunStorageModules,
): Promise<RunStorage> {
  const { config, resume, storeWaitMs } = options;
  const { clock, disk, openStores, log } = modules;
  const { main: store, fallback } = openStores(config, options.folder);
  if (fallback === undefined) {
    const folder = await RunFolder.open(options.folder, { config, resume }, modules);
    const journal = JournalWriter.open(folder.journal, disk);
    return {
      folder,
      journal,
      store,
      fallback,
      elsewhere: formerStores(folder, store, openStores),
      archive: undefined,
    };
  }
  const patience = { waitMs: storeWaitMs, clock, log };
  const stored = await whenAvailable(store, (signal) => readStoredRun(store, signal), patience);
  const folder = await RunFolder.open(options.folder, { config, resume, stored }, modules);
  const archive = new JournalArchive({ path: folder.journal, runId: folder.record.runId }, { store, disk });
  await whenAvailable(store, (signal) => claimStore(store, folder.record, signal), patience);
  // A long journal takes as long as it takes.
  await whenAvailable(store, () => archive.restore(), patience);
  const journal = JournalWriter.open(folder.journal, disk);
  return {
    folder,
    journal,
    store,
    fallback,
    elsewhere: [fallback, ...formerStores(folder, store, openStores)],
    archive,
  };
}

/** A run may move to another store between two lives: its checkpoints stay in the old one. */
function formerStores(
  { formerConfig, path }: RunFolder,
  store: ObjectStore,
  openStores: RunStorageModules['openStores'],
): ObjectStore[] {
  if (formerConfig === undefined) return [];
  const { main } = openStores(formerConfig, path);
  return main.location === store.location || main.location === path ? [] : [main];
}

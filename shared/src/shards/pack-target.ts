import { z } from 'zod';
import type { ObjectStore } from '../store/object-store.ts';
import { parsedJson } from '../text/parsed-json.ts';
import { ShardError } from './shard-error.ts';
import {
  encodeIndex,
  INDEX_KEY,
  type IndexManifest,
  parseIndex,
  RECORDS_KEY,
  type ShardEntry,
  shardEntrySchema,
} from './shard-index.ts';

/** What was sent so far: there while packing is not finished, so that it can go on. */
const PROGRESS_KEY = 'packing.json';
const progressSchema = z.strictObject({ recipe: z.string(), shards: z.array(shardEntrySchema) });

/**
 * Where shards are packed to. Objects that are there already with the same bytes are not sent again: packing that was
 * cut off goes on, and packing twice is packing once.
 */
export class PackTarget {
  readonly #store: ObjectStore;
  readonly #recipe: string;
  /** What is there. */
  readonly #keys: ReadonlySet<string>;
  /** Whose bytes are known: of the index that is there, or of the packing that was cut off. */
  readonly #known: ReadonlyMap<string, ShardEntry>;
  readonly #packed: ShardEntry[] = [];

  private constructor(
    store: ObjectStore,
    recipe: string,
    keys: ReadonlySet<string>,
    known: readonly ShardEntry[],
  ) {
    this.#store = store;
    this.#recipe = recipe;
    this.#keys = keys;
    this.#known = new Map(known.map((shard) => [shard.key, shard]));
  }

  /**
   * @param options.isForced everything is sent anew, whatever the target holds
   * @throws ShardError 'other-index'
   */
  static async open(
    store: ObjectStore,
    { recipe, isForced }: { readonly recipe: string; readonly isForced: boolean },
    signal?: AbortSignal,
  ): Promise<PackTarget> {
    const keys = new Set(await store.list('', signal));
    if (isForced) {
      // While shards are replaced there is no data set: who opens it must not find half of each.
      if (keys.delete(INDEX_KEY)) await store.remove(INDEX_KEY, signal);
      return new PackTarget(store, recipe, keys, []);
    }
    if (!keys.has(INDEX_KEY)) {
      return new PackTarget(store, recipe, keys, await sentTo(store, keys, recipe, signal));
    }
    const index = await indexIn(store, signal);
    if (index?.recipe === recipe) return new PackTarget(store, recipe, keys, index.shards);
    throw otherIndex(store, `another data set (${index?.source ?? 'its index is damaged'})`);
  }

  /**
   * @returns whether it had to be sent
   * @throws ShardError 'other-index' when a finished data set has other bytes under this name
   */
  async put(shard: ShardEntry, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean> {
    const isKnown = this.#known.get(shard.key)?.sha256 === shard.sha256;
    this.#packed.push(shard);
    if (isKnown && this.#keys.has(shard.key)) return false;
    if (!isKnown && this.#keys.has(INDEX_KEY)) {
      throw otherIndex(
        this.#store,
        `${shard.key} with other bytes: the pictures or the PNG encoder have changed`,
      );
    }
    await this.#store.put(shard.key, bytes, signal);
    const progress = { recipe: this.#recipe, shards: this.#packed };
    await this.#store.put(PROGRESS_KEY, Buffer.from(JSON.stringify(progress)), signal);
    return true;
  }

  /** The index, at last; then what is of no use any more goes. */
  async finish(manifest: IndexManifest, records: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#store.put(RECORDS_KEY, records, signal);
    await this.#store.put(INDEX_KEY, encodeIndex(manifest), signal);
    const used = new Set(manifest.shards.map(({ key }) => key));
    const isLeftOver = (key: string): boolean => /^shard-\d+\.tar$/.test(key) && !used.has(key);
    for (const key of [PROGRESS_KEY, ...[...this.#keys].filter(isLeftOver)])
      await this.#store.remove(key, signal);
  }
}

/** Undefined for one that cannot be understood: it is another's, too. */
async function indexIn(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<IndexManifest | undefined> {
  try {
    return parseIndex(await store.get(INDEX_KEY, signal), store.location);
  } catch (error) {
    if (error instanceof ShardError) return undefined;
    throw error;
  }
}

async function sentTo(
  store: ObjectStore,
  keys: ReadonlySet<string>,
  recipe: string,
  signal: AbortSignal | undefined,
): Promise<readonly ShardEntry[]> {
  if (!keys.has(PROGRESS_KEY)) return [];
  const text = new TextDecoder().decode(await store.get(PROGRESS_KEY, signal));
  const progress = progressSchema.safeParse(parsedJson(text));
  return progress.success && progress.data.recipe === recipe ? progress.data.shards : [];
}

function otherIndex(store: ObjectStore, what: string): ShardError {
  return new ShardError(
    'other-index',
    `${store.location} already contains ${what}: choose another place, or replace it with --force`,
  );
}
